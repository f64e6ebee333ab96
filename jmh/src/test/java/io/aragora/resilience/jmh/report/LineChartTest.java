package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineChartTest {
  private static String svg(double... values) {
    LineChart.Panel panel = new LineChart.Panel("limit", false, List.of(values));
    return new LineChart("a title", "what it shows", List.of("ours"), List.of(panel)).svg();
  }

  @Test
  void svg_values_areOneLineForEachRowOfThem() {
    assertThat(svg(1, 2, 3).split("<polyline", -1))
        .as("the legend and the line")
        .hasSize(3);
    assertThat(svg(1, Double.NaN, 3).split("<polyline", -1)).hasSize(4);
    assertThat(svg(Double.NaN).split("<polyline", -1)).as("the legend").hasSize(2);
  }

  @Test
  void svg_ofTheSame_isTheSame() {
    assertThat(svg(1, 2, 3)).isEqualTo(svg(1, 2, 3)).contains("a title", "what it shows", "ours");
  }
}
