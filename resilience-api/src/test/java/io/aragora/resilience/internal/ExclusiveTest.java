package io.aragora.resilience.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExclusiveTest {
  private final List<String> done = new ArrayList<>();
  private final Exclusive exclusive = new Exclusive(() -> done.add("closed"));

  @Test
  void tryRun_free_isDoneEachTime() {
    assertThat(exclusive.tryRun(() -> done.add("first"))).isTrue();
    assertThat(exclusive.tryRun(() -> done.add("second"))).isTrue();
    assertThat(done).containsExactly("first", "second");
  }

  @Test
  void tryRun_withinTheWork_isLeftOut() {
    assertThat(exclusive.tryRun(
            () -> done.add(exclusive.tryRun(() -> done.add("inner")) ? "done" : "left out")))
        .isTrue();
    assertThat(done).containsExactly("left out");
  }

  @Test
  void tryRun_workThrows_isFreeAgain() {
    assertThatThrownBy(() -> exclusive.tryRun(() -> {
          throw new AssertionError("foreign");
        }))
        .hasMessage("foreign");
    assertThat(exclusive.tryRun(() -> done.add("next"))).isTrue();
  }

  @Test
  void close_free_closesOnce() {
    exclusive.close();
    exclusive.close();
    assertThat(done).containsExactly("closed");
    assertThat(exclusive.isClosed()).isTrue();
    assertThat(exclusive.tryRun(() -> done.add("late"))).isFalse();
  }

  @Test
  void close_withinTheWork_closesAfterIt() {
    exclusive.tryRun(() -> {
      exclusive.close();
      exclusive.close();
      done.add(exclusive.isClosed() ? "closing" : "open");
    });
    assertThat(done).containsExactly("closing", "closed");
    assertThat(exclusive.tryRun(() -> done.add("late"))).isFalse();
  }

  @Test
  void close_workThrowsAfterIt_closesAllTheSame() {
    assertThatThrownBy(() -> exclusive.tryRun(() -> {
          exclusive.close();
          throw new AssertionError("foreign");
        }))
        .hasMessage("foreign");
    assertThat(done).containsExactly("closed");
  }
}
