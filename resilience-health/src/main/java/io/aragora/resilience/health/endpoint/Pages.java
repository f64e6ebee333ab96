package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.spi.EndpointContribution;
import io.aragora.resilience.spi.ResilienceContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The paths that an endpoint knows, ours first, then those of other modules. Immutable. */
final class Pages {
  private static final System.Logger LOG = System.getLogger(Pages.class.getName());

  private final Map<String, Page> pages = new LinkedHashMap<>();

  Pages(ResilienceContext context, boolean details) {
    HealthRegistry health = context.resilience().health();
    pages.put("/health", () -> Answer.of(health.checkAll(), details));
    pages.put("/health/live", () -> Answer.of(health.check(HealthGroup.LIVENESS), details));
    pages.put("/health/ready", () -> Answer.of(health.check(HealthGroup.READINESS), details));
    pages.put("/health/startup", () -> Answer.of(health.check(HealthGroup.STARTUP), details));
    for (EndpointContribution contribution : context.endpointContributions()) {
      add(context, contribution);
    }
  }

  /** Finds the page of exactly this path: neither longer, nor shorter, nor written in another way. */
  @Nullable
  Page find(String rawPath) {
    return pages.get(rawPath);
  }

  private void add(ResilienceContext context, EndpointContribution contribution) {
    String owner = contribution.getClass().getName();
    try {
      String path = contribution.path();
      if (!path.startsWith("/")) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the page of {0} is left out: its path must start with a slash: {1}",
            owner,
            path);
      } else if (pages.putIfAbsent(path, () -> written(context, contribution)) != null) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the page of {0} is left out: the path {1} is taken",
            owner,
            path);
      }
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the page of " + owner + " is left out", e);
    }
  }

  private static Answer written(ResilienceContext context, EndpointContribution contribution)
      throws IOException {
    // Written in full before the first byte goes out, so that a failure can still become a 500.
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    contribution.write(context, body);
    return new Answer(200, contribution.contentType(), body.toByteArray());
  }
}
