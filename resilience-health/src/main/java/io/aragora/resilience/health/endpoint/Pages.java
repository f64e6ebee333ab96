package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.internal.GuardedLog;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The paths of an endpoint: the built-in ones, then those of other modules. Immutable. */
final class Pages {
  private static final GuardedLog LOG = GuardedLog.of(Pages.class);

  /** The path of the live page. */
  static final String LIVE = "/";
  /** The path of the stream that feeds the live page. */
  static final String EVENTS = "/events";
  /** The head of that stream. */
  static final Answer EVENT_STREAM =
      new Answer(200, "text/event-stream; charset=utf-8", new byte[0]);

  /*
   * Bounds of concurrent requests that may take long: for each health page, for each contributed page, and for all contributed
   * pages together. With operators and streams they are fewer than the connections, so that one connection can always be closed
   * to make room.
   */
  static final int MOST_OF_HEALTH = 12;
  static final int MOST_OF_ONE = 4;
  static final int MOST_CONTRIBUTED = 16;

  /** The maximum size of a contributed page, in bytes. */
  static final int MOST_BYTES = 16 << 20;

  private final Map<String, Page> pages = new LinkedHashMap<>();
  private final Set<String> forEveryHost;
  private final Semaphore contributed = new Semaphore(MOST_CONTRIBUTED);

  /**
   * Collects the pages.
   *
   * @throws IOException if the live page is missing from the artifact
   */
  Pages(ResilienceContext context, boolean details, Exposure exposure) throws IOException {
    HealthRegistry health = context.resilience().health();
    addHealth("/health", () -> answer(health.checkAll(), details));
    addHealth("/health/live", () -> answer(health.check(HealthGroup.LIVENESS), details));
    addHealth("/health/ready", () -> answer(health.check(HealthGroup.READINESS), details));
    addHealth("/health/startup", () -> answer(health.check(HealthGroup.STARTUP), details));
    // Without details these reveal only the status, so they are served whatever host a probe uses.
    forEveryHost = details ? Set.of() : Set.copyOf(pages.keySet());
    Answer live = StaticPage.load();
    pages.put(LIVE, new Page(LIVE, () -> live));
    pages.put(EVENTS, new Page(EVENTS, () -> EVENT_STREAM)); // of HEAD
    Map<String, String> owners = new HashMap<>();
    for (EndpointContribution contribution : context.endpointContributions()) {
      add(context, contribution, exposure, owners);
    }
    if (!exposure.page()) {
      pages.remove(LIVE);
    }
    if (!exposure.events()) {
      pages.remove(EVENTS);
    }
    exposure
        .unknown(owners.keySet())
        .forEach(name -> LOG.log(
            System.Logger.Level.WARNING,
            "{0} exposes {1}, but no module contributes that path; remove it, or add the module",
            HealthEndpoint.EXPOSE,
            name));
  }

  /** Finds the page of exactly this path. */
  @Nullable
  Page find(String rawPath) {
    return pages.get(rawPath);
  }

  /** Whether the page is also served to hosts that are not accepted. */
  boolean isForEveryHost(String rawPath) {
    return forEveryHost.contains(rawPath);
  }

  private void addHealth(String path, Page.Source source) {
    pages.put(path, new Page(path, source, new Semaphore(MOST_OF_HEALTH)));
  }

  private void add(
      ResilienceContext context,
      EndpointContribution contribution,
      Exposure exposure,
      Map<String, String> owners) {
    String owner = contribution.getClass().getName();
    try {
      String path = contribution.path();
      if (!path.startsWith("/")) {
        LOG.log(
            System.Logger.Level.WARNING,
            "skipped the page of {0}: its path must start with a slash: {1}",
            owner,
            path);
      } else if (owners.containsKey(path)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "skipped the page of {0}: {1} contributes the path {2}, too, and was found first. Remove"
                + " one of the two, or change its path",
            owner,
            owners.get(path),
            path);
      } else if (path.startsWith(ControlRequests.PATH) || pages.containsKey(path)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "skipped the page of {0}: the endpoint itself serves the path {1}. Change the path",
            owner,
            path);
      } else {
        owners.put(path, owner);
        if (exposure.contributed(path)) {
          pages.put(
              path,
              new Page(
                  path,
                  () -> written(context, contribution),
                  new Semaphore(MOST_OF_ONE),
                  contributed));
        }
      }
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.WARNING, "skipped the page of " + owner + ", which failed", e);
    }
  }

  private static Answer written(ResilienceContext context, EndpointContribution contribution)
      throws IOException {
    // Written completely before the first byte is sent, so that a failure can still become a 500.
    BoundedOutput body = new BoundedOutput(MOST_BYTES);
    contribution.write(context, body);
    return new Answer(200, contribution.contentType(), body.written());
  }

  /** Writes the health of a runtime. The status is 200 while it serves, else 503, as Kubernetes expects. */
  private static Answer answer(HealthReport report, boolean details) {
    JsonObject json = new JsonObject().put("status", report.status().text());
    if (details) {
      JsonObject checks = new JsonObject();
      report.checks().forEach((name, result) -> checks.put(name, check(result)));
      json.put("summary", report.summary())
          .put("checked_at", report.checkedAt().toString())
          .put("checks", checks);
    }
    return Answer.json(report.status().isServing() ? 200 : 503, json);
  }

  private static JsonObject check(HealthResult result) {
    JsonObject json = new JsonObject()
        .put("status", result.status().text())
        .put("detail", result.detail())
        .put("duration_ms", result.duration().toMillis());
    Instant since = result.since();
    if (since != null) {
      json.put("since", since.toString());
    }
    return result.details().isEmpty() ? json : json.put("details", result.details());
  }
}
