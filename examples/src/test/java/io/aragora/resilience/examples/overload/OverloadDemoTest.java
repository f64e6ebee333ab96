package io.aragora.resilience.examples.overload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OverloadDemoTest {
  private static Moment moment(double seconds, double served) {
    return new Moment(seconds, 1600, served, 20, Double.NaN);
  }

  @Test
  void isOverloaded_isTrueForTheMiddleThreeFifths() {
    Run run = new Run(10, false);

    assertThat(List.of(
            run.isOverloaded(1.9), run.isOverloaded(2), run.isOverloaded(7.9), run.isOverloaded(8)))
        .containsExactly(false, true, true, false);
  }

  @Test
  void servedInOverload_isTheMeanOfItsSecondHalf() {
    List<Moment> moments = List.of(
        moment(1, 1), moment(2, 900), moment(4, 800), moment(6, 30), moment(7, 10), moment(9, 400));

    assertThat(OverloadDemo.servedInOverload(new Run(10, false), moments)).isEqualTo(20);
  }

  @Test
  void meter_next_beginsAnew() {
    Meter meter = new Meter();
    meter.offered(3);
    meter.served(2_000_000);
    meter.served(4_000_000);

    assertThat(meter.next(1, 1.5, 7)).isEqualTo(new Moment(1.5, 6, 4, 2, 7));
    assertThat(meter.next(1.5, 2, 7).p90Millis()).isNaN();
  }

  @Test
  void plot_hasALineForEachRun_andNoneWithoutFigures() {
    String svg = Plot.svg(List.of(moment(1, 1), moment(2, 2)), List.of(moment(1, 3), moment(2, 4)));

    assertThat(svg.split("<polyline", -1))
        .as("3 in the legend, 3 + 2 + 0 in the panels")
        .hasSize(9);
  }

  @Test
  void service_answers() throws Exception {
    try (CrowdedService service = CrowdedService.start()) {
      CompletableFuture<String> answer = service.request();

      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("served");
    }
  }
}
