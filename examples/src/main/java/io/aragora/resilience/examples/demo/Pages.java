package io.aragora.resilience.examples.demo;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;

/**
 * The pages of the client's endpoint.
 *
 * @param health the answer of {@code /health/ready}
 * @param metrics the answer of {@code /metrics}
 */
record Pages(HttpResponse<String> health, HttpResponse<String> metrics) {
  private static final int OK = 200;
  private static final int METRIC_LINES = 40;

  static Pages read(ProtectedClient client) throws IOException, InterruptedException {
    return new Pages(client.page("/health/ready"), client.page("/metrics"));
  }

  /** Whether health returned a status, and metrics contain a series of the library. */
  boolean served() {
    return !health.body().isBlank()
        && metrics.statusCode() == OK
        && !metricLines().isEmpty();
  }

  boolean ready() {
    return health.statusCode() == OK;
  }

  String summary() {
    return health.uri() + " answered " + health.statusCode() + ", "
        + metrics.uri().getPath() + " " + metrics.statusCode() + " with "
        + metricLines().size() + " samples";
  }

  void print(View view) {
    view.print("");
    view.print("GET " + health.uri() + " -> " + health.statusCode());
    health.body().lines().forEach(view::print);
    view.print("");
    view.print("GET " + metrics.uri() + " -> " + metrics.statusCode());
    List<String> lines = metricLines();
    lines.stream().limit(METRIC_LINES).forEach(view::print);
    if (lines.size() > METRIC_LINES) {
      view.print("... and " + (lines.size() - METRIC_LINES) + " lines more");
    }
  }

  private List<String> metricLines() {
    return metrics.body().lines().filter(line -> line.startsWith("resilience_")).toList();
  }
}
