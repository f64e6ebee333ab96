package io.aragora.resilience.examples.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PlainViewTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PlainView view = new PlainView(new PrintStream(written, true, UTF_8));

  @Test
  void line_openBreaker_tellsStateRatesAndLatencies() {
    assertThat(PlainView.line(Readings.open(Duration.ofMillis(3_200))))
        .isEqualTo(" 3.2 s  slow      OPEN      (failure threshold, next probe in 1.4 s)"
            + "  per second: 2 served, 0 failed, 1 timed out, 50 rejected;"
            + " median: 8.1 ms admitted, 0.008 ms rejected");
  }

  @Test
  void line_nothingCalledYet_hasNoMedian() {
    assertThat(PlainView.line(Readings.start()))
        .isEqualTo(" 0.0 s  slow      CLOSED    (created)"
            + "  per second: 0 served, 0 failed, 0 timed out, 0 rejected;"
            + " median: - admitted, - rejected");
  }

  @Test
  void show_tenTimesASecond_printsOnce() {
    for (int tenth = 1; tenth <= 20; tenth++) {
      view.show(Readings.open(Duration.ofMillis(100L * tenth)));
    }

    assertThat(written.toString(UTF_8).lines()).hasSize(2);
  }

  @Test
  void print_isPlainText() {
    view.print("a line");
    view.print(view.mark(true) + view.mark(false));

    assertThat(written.toString(UTF_8).lines()).containsExactly("a line", "[ok]    [FAILED]");
  }
}
