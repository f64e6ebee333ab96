package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;

/**
 * The endpoint of a runtime, if there is one. It shows its numbers as the details of its health check, so that neither
 * module needs the other.
 */
final class EndpointSeries {
  /** The name of the health check of {@code resilience-health}. */
  static final String CHECK = "endpoint";

  private EndpointSeries() {}

  static void read(HealthReport report, SampleList samples) {
    HealthResult endpoint = report.checks().get(CHECK);
    if (endpoint == null || !(endpoint.details().get("connections") instanceof Number open)) {
      return;
    }
    samples.add(Families.ENDPOINT_CONNECTIONS, open.longValue());
    samples.add(Families.ENDPOINT_ACCEPTED, number(endpoint, "accepted"));
    samples.add(Families.ENDPOINT_CUT_OFF, number(endpoint, "cut_off"));
    samples.add(Families.ENDPOINT_REJECTED, number(endpoint, "rejected"));
    samples.add(Families.ENDPOINT_WRONG_TOKENS, number(endpoint, "wrong_tokens"));
    samples.add(Families.ENDPOINT_FAILURES, number(endpoint, "failures"));
    samples.add(Families.ENDPOINT_REOPENED, number(endpoint, "reopened"));
  }

  private static long number(HealthResult endpoint, String name) {
    return endpoint.details().get(name) instanceof Number number ? number.longValue() : 0;
  }
}
