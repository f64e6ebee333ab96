package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * The page {@code /metrics} of the HTTP endpoint, in the text format of Prometheus: the whole registry that {@link PrometheusMetrics} shows the runtime in; if the runtime is in no registry, its own numbers alone. Thread-safe.
 */
public final class MetricsEndpoint implements EndpointContribution {
  // Weak, because the page receives no event when a runtime is closed; a RuntimeSeries does not
  // reference its runtime.
  private final Map<Resilience, RuntimeSeries> alone = new WeakHashMap<>();

  /** Creates the page. */
  public MetricsEndpoint() {}

  @Override
  public String path() {
    return "/metrics";
  }

  @Override
  public String contentType() {
    return PrometheusTextFormatWriter.CONTENT_TYPE;
  }

  @Override
  public void write(ResilienceContext context, OutputStream body) throws IOException {
    Resilience resilience = context.resilience();
    Optional<PrometheusRegistry> registry = resilience
        .extension(PrometheusMetrics.class)
        .flatMap(metrics -> metrics.registryOf(resilience));
    MetricSnapshots snapshots =
        registry.isPresent() ? registry.get().scrape() : readAlone(resilience);
    PrometheusTextFormatWriter.create().write(body, snapshots);
  }

  private MetricSnapshots readAlone(Resilience resilience) {
    RuntimeSeries series;
    synchronized (alone) {
      series =
          alone.computeIfAbsent(resilience, runtime -> new RuntimeSeries(MetricsSettings.DEFAULT));
    }
    return Sample.byFamily(series.read(SampleList.label(resilience.name()), resilience), List.of());
  }
}
