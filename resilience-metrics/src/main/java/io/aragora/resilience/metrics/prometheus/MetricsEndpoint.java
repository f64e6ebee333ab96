package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * The page {@code /metrics} of the HTTP endpoint, in the text format of Prometheus: the whole registry that {@link
 * PrometheusMetrics} shows the runtime in; if the runtime is in no registry, its own numbers alone. Thread-safe.
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
    if (registry.isPresent()) {
      write(registry.get(), body);
    } else {
      scrapeAlone(resilience).write(body);
    }
  }

  static void write(PrometheusRegistry registry, OutputStream body) throws IOException {
    ResilienceCollector collector = RegistryCollectors.of(registry);
    TextScrape text = collector == null ? null : collector.scrape(registry);
    if (text == null || !text.write(body)) {
      PrometheusTextFormatWriter.create().write(body, registry.scrape());
    }
  }

  private TextScrape scrapeAlone(Resilience resilience) {
    RuntimeSeries series;
    synchronized (alone) {
      series =
          alone.computeIfAbsent(resilience, runtime -> new RuntimeSeries(MetricsSettings.DEFAULT));
    }
    TextScrape text = new TextScrape();
    String label = SampleList.label(resilience.name());
    text.add(series.read(label, resilience, text));
    return text;
  }
}
