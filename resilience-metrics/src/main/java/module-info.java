/**
 * Metrics for Prometheus: a collector that reads the counters of a runtime at each scrape, so that metrics cost a call
 * nothing, and the page {@code /metrics} for the HTTP endpoint.
 *
 * <p>The Prometheus libraries have no module descriptors of their own, so {@code jlink} takes this module only if the
 * application adds descriptors to them.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.aragora.resilience.metrics {
  requires transitive io.aragora.resilience;
  requires transitive io.prometheus.metrics.model;
  requires io.prometheus.metrics.core;
  requires io.prometheus.writer.text;

  exports io.aragora.resilience.metrics.prometheus;

  provides io.aragora.resilience.ResilienceExtension with
      io.aragora.resilience.metrics.prometheus.PrometheusMetrics;
  provides io.aragora.resilience.EndpointContribution with
      io.aragora.resilience.metrics.prometheus.MetricsEndpoint;
}
