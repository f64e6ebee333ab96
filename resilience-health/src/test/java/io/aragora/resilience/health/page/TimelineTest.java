package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.health.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private final Timeline timeline = new Timeline();

  @Test
  void after_nothingSeen_all() {
    assertThat(timeline.after(-1)).isEqualTo(new Timeline.News(0, true, List.of()));
    add(3);

    assertThat(timeline.after(-1).toJson())
        .hasToString("{\"whole\":true,\"entries\":[{\"number\":1},{\"number\":2},{\"number\":3}]}");
  }

  @Test
  void after_someSeen_theRest() {
    add(3);

    assertThat(timeline.after(2).toJson())
        .hasToString("{\"whole\":false,\"entries\":[{\"number\":3}]}");
    assertThat(timeline.after(3)).isEqualTo(new Timeline.News(3, false, List.of()));
  }

  @Test
  void after_moreThanIsKeptWasMissed_whatIsKeptInPlaceOfTheRest() {
    add(1);
    long seen = timeline.last();
    add(Timeline.MOST);
    assertThat(timeline.after(seen).whole()).isFalse();
    assertThat(timeline.after(seen).entries()).hasSize(Timeline.MOST);

    add(1);

    Timeline.News news = timeline.after(seen);
    assertThat(news.whole()).isTrue();
    assertThat(news.entries()).hasSize(Timeline.MOST);
    assertThat(news.entries().get(0)).hasToString("{\"number\":3}");
  }

  private void add(int entries) {
    for (int i = 0; i < entries; i++) {
      timeline.add(new JsonObject());
    }
  }
}
