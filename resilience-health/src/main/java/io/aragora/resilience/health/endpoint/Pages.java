package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.EndpointContribution;
import io.aragora.resilience.spi.ResilienceContext;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The paths that an endpoint knows, ours first, then those of other modules. Immutable. */
final class Pages {
  private static final GuardedLog LOG = GuardedLog.of(Pages.class);

  /** The path of the live page. */
  static final String LIVE = "/";
  /** The path of the stream that feeds it. */
  static final String EVENTS = "/events";
  /** The head of that stream. */
  static final Answer EVENT_STREAM =
      new Answer(200, "text/event-stream; charset=utf-8", new byte[0]);

  /*
   * Requests that we may take long to answer, at once: of each health page, of each contributed page, and of all contributed
   * pages together. With operators and streams they are fewer than connections, so that one can always make room.
   */
  static final int MOST_OF_HEALTH = 12;
  static final int MOST_OF_ONE = 4;
  static final int MOST_CONTRIBUTED = 16;

  /** The longest page of another module, in bytes. */
  static final int MOST_BYTES = 16 << 20;

  private final Map<String, Page> pages = new LinkedHashMap<>();
  private final Set<String> forEveryHost;
  private final Semaphore contributed = new Semaphore(MOST_CONTRIBUTED);

  /**
   * Collects the pages.
   *
   * @throws IOException if the live page is not in the artifact
   */
  Pages(ResilienceContext context, boolean details, Exposure exposure) throws IOException {
    HealthRegistry health = context.resilience().health();
    addHealth("/health", () -> answer(health.checkAll(), details));
    addHealth("/health/live", () -> answer(health.check(HealthGroup.LIVENESS), details));
    addHealth("/health/ready", () -> answer(health.check(HealthGroup.READINESS), details));
    addHealth("/health/startup", () -> answer(health.check(HealthGroup.STARTUP), details));
    // Without details these say a word or two, so they are answered whatever name a probe asks for.
    forEveryHost = details ? Set.of() : Set.copyOf(pages.keySet());
    Answer live = StaticPage.load();
    pages.put(LIVE, new Page(LIVE, () -> live));
    pages.put(EVENTS, new Page(EVENTS, () -> EVENT_STREAM)); // of HEAD
    Set<String> paths = new HashSet<>();
    for (EndpointContribution contribution : context.endpointContributions()) {
      add(context, contribution, exposure, paths);
    }
    if (!exposure.page()) {
      pages.remove(LIVE);
    }
    if (!exposure.events()) {
      pages.remove(EVENTS);
    }
    exposure
        .unknown(paths)
        .forEach(name -> LOG.log(
            System.Logger.Level.WARNING,
            "{0} names {1}, which no module on the path contributes",
            HealthEndpoint.EXPOSE,
            name));
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

  private void addHealth(String path, Page.Source source) {
    pages.put(path, new Page(path, source, new Semaphore(MOST_OF_HEALTH)));
  }

  private void add(
      ResilienceContext context,
      EndpointContribution contribution,
      Exposure exposure,
      Set<String> paths) {
    String owner = contribution.getClass().getName();
    try {
      String path = contribution.path();
      if (!path.startsWith("/")) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the page of {0} is left out: its path must start with a slash: {1}",
            owner,
            path);
      } else if (path.startsWith(ControlRequests.PATH) || pages.containsKey(path)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the page of {0} is left out: the path {1} is taken",
            owner,
            path);
      } else if (paths.add(path) && exposure.contributed(path)) {
        pages.put(
            path,
            new Page(
                path,
                () -> written(context, contribution),
                new Semaphore(MOST_OF_ONE),
                contributed));
      }
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.WARNING, "the page of " + owner + " is left out", e);
    }
  }

  private static Answer written(ResilienceContext context, EndpointContribution contribution)
      throws IOException {
    // Written in full before the first byte goes out, so that a failure can still become a 500.
    BoundedOutput body = new BoundedOutput(MOST_BYTES);
    contribution.write(context, body);
    return new Answer(200, contribution.contentType(), body.written());
  }

  /** Says how a runtime is, in the status too: 200 while it serves, else 503, as Kubernetes reads it. */
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
