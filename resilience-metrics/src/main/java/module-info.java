/**
 * Metrics for Prometheus: a collector that reads the counters of a runtime when it is scraped, so that a call costs
 * nothing more for being measured, and the page {@code /metrics} for the HTTP endpoint.
 *
 * <p>The Prometheus libraries have no module descriptors of their own, so {@code jlink} takes this module only where the
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

  provides io.aragora.resilience.spi.ResilienceExtension with
      io.aragora.resilience.metrics.prometheus.PrometheusMetrics;
  provides io.aragora.resilience.spi.EndpointContribution with
      io.aragora.resilience.metrics.prometheus.MetricsEndpoint;
}
