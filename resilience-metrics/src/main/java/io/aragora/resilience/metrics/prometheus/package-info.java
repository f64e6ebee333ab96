/** Prometheus: the extension that registers a collector, the page for the HTTP endpoint, and the names of the metrics. */
package io.aragora.resilience.metrics.prometheus;
