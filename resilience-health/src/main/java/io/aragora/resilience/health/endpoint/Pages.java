package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.EndpointContribution;
import io.aragora.resilience.spi.ResilienceContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The paths that an endpoint knows, ours first, then those of other modules. Immutable. */
final class Pages {
  private static final GuardedLog LOG = GuardedLog.of(Pages.class);

  /** The path of the live page. */
  static final String LIVE = "/";
  /** The path of the stream that feeds it. */
  static final String EVENTS = "/events";

  static final String EVENT_STREAM = "text/event-stream; charset=utf-8";

  private final Map<String, Page> pages = new LinkedHashMap<>();
  private final Set<String> forEveryHost;

  /**
   * Collects the pages.
   *
   * @throws IOException if the live page is not in the artifact
   */
  Pages(ResilienceContext context, boolean details) throws IOException {
    HealthRegistry health = context.resilience().health();
    pages.put("/health", () -> Answer.of(health.checkAll(), details));
    pages.put("/health/live", () -> Answer.of(health.check(HealthGroup.LIVENESS), details));
    pages.put("/health/ready", () -> Answer.of(health.check(HealthGroup.READINESS), details));
    pages.put("/health/startup", () -> Answer.of(health.check(HealthGroup.STARTUP), details));
    // Without details these say a word or two, so they are answered whatever name a probe asks for.
    forEveryHost = details ? Set.of() : Set.copyOf(pages.keySet());
    Answer live = StaticPage.load();
    pages.put(LIVE, () -> live);
    pages.put(EVENTS, () -> new Answer(200, EVENT_STREAM, new byte[0])); // its head
    for (EndpointContribution contribution : context.endpointContributions()) {
      add(context, contribution);
    }
  }

  /** Finds the page of exactly this path: neither longer, nor shorter, nor written in another way. */
  @Nullable
  Page find(String rawPath) {
    return pages.get(rawPath);
  }

  /** Whether a page is answered to those who use a host that is not accepted, too. */
  boolean isForEveryHost(String rawPath) {
    return forEveryHost.contains(rawPath);
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
      } else if (path.startsWith(ControlRequests.PATH)
          || pages.putIfAbsent(path, () -> written(context, contribution)) != null) {
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
