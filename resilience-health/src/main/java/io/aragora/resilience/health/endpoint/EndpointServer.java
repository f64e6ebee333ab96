package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.page.BreakerControl;
import io.aragora.resilience.health.page.ChaosNotice;
import io.aragora.resilience.health.page.LiveFeed;
import io.aragora.resilience.health.server.Limits;
import io.aragora.resilience.health.server.ServerTotals;
import io.aragora.resilience.health.server.SocketServer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.policy.Subscription;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A listening server with its pages, its health check and its totals. Thread-safe. */
final class EndpointServer implements AutoCloseable {
  /** The name of the endpoint's own health check. */
  static final String CHECK = "endpoint";

  private static final GuardedLog LOG = GuardedLog.of(EndpointServer.class);

  /** The time for which health shows the failure of a thread. */
  private static final long SHOWN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String runtime;
  private final LiveFeed feed;
  private final EventStreams streams;
  private final Guesses guesses;
  private final SocketServer server;
  private final URI uri;
  private final Subscription check;

  private EndpointServer(
      ResilienceContext context,
      LiveFeed feed,
      EventStreams streams,
      Guesses guesses,
      SocketServer server)
      throws URISyntaxException {
    this.runtime = context.resilience().name();
    this.feed = feed;
    this.streams = streams;
    this.guesses = guesses;
    this.server = server;
    InetSocketAddress bound = server.address();
    this.uri = new URI(
        "http", null, bound.getAddress().getHostAddress(), bound.getPort(), "/", null, null);
    this.check = register(context);
  }

  /**
   * Binds the port and starts to serve.
   *
   * @throws IllegalArgumentException if the host is unknown
   * @throws IOException if the port cannot be bound
   */
  static EndpointServer start(
      ResilienceContext context,
      EndpointSettings settings,
      Limits limits,
      SocketServer.Opener opener)
      throws IOException, URISyntaxException {
    String runtime = context.resilience().name();
    InetSocketAddress address = new InetSocketAddress(resolve(settings.host()), settings.port());
    AcceptedHosts hosts =
        new AcceptedHosts(address.getAddress(), settings.host(), settings.hosts());
    Exposure exposure = new Exposure(address.getAddress(), settings.expose());
    Pages pages = new Pages(context, settings.details(), exposure);
    ThreadFactory threads = factory(runtime + "-endpoint-");
    LiveFeed feed = new LiveFeed(
        context,
        settings.details(),
        settings.token() != null && exposure.control(),
        limits.pace(),
        factory(runtime + "-endpoint-feed-"));
    BreakerControl control = new BreakerControl(context.resilience(), context.timeSource(), feed);
    ChaosNotice chaos = new ChaosNotice(context.resilience(), context.timeSource(), feed);
    EventStreams streams = new EventStreams(feed, limits);
    Guesses guesses = new Guesses(limits.guess());
    RequestHandler handler = new RequestHandler(
        pages,
        hosts,
        streams,
        exposure.control() ? new ControlRequests(settings.token(), control, chaos, guesses) : null);
    SocketServer server;
    try {
      server = new SocketServer(address, opener, handler, limits, threads);
    } catch (IOException e) {
      throw new IOException("the endpoint cannot listen at " + address + ": " + e.getMessage(), e);
    }
    try {
      EndpointServer started = new EndpointServer(context, feed, streams, guesses, server);
      feed.start();
      server.start();
      LOG.log(
          System.Logger.Level.INFO,
          "the endpoint of runtime {0} listens at {1}",
          runtime,
          started.uri);
      if (settings.token() != null && !exposure.control()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the endpoint of runtime {0} has an operator token, but does not expose control, so no client can use it; add control to {1}",
            runtime,
            HealthEndpoint.EXPOSE);
      }
      return started;
    } catch (Throwable e) {
      feed.close();
      server.close();
      throw e;
    }
  }

  String runtime() {
    return runtime;
  }

  URI uri() {
    return uri;
  }

  @Override
  public void close() {
    check.close();
    feed.close();
    streams.awaitEnd();
    server.close();
    feed.join();
  }

  /** Returns the health of the endpoint; metrics show the same numbers. */
  private HealthResult health() {
    ServerTotals totals = server.totals();
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("connections", totals.open());
    details.put("accepted", totals.accepted());
    details.put("cut_off", totals.cutOff());
    details.put("rejected", totals.rejected());
    details.put("wrong_tokens", guesses.count());
    details.put("reopened", totals.reopened());
    details.put("failures", totals.failures() + feed.failures());
    HealthStatus status = HealthStatus.HEALTHY;
    String detail = "";
    if (server.isTroubled(SHOWN_NANOS)) {
      status = HealthStatus.DEGRADED;
      detail = "accepting connections failed within the last minute";
    } else if (feed.hasFailedWithin(SHOWN_NANOS)) {
      status = HealthStatus.DEGRADED;
      detail = "reading the runtime for the live page failed within the last minute";
    }
    return HealthResult.of(status, detail).withDetails(details);
  }

  private Subscription register(ResilienceContext context) {
    try {
      return context
          .resilience()
          .health()
          .register(
              CHECK,
              this::health,
              HealthCheckOptions.defaults().optional().withTimeToLive(Duration.ZERO));
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "cannot register the health check of the endpoint of runtime " + runtime,
          e);
      return () -> {};
    }
  }

  private static ThreadFactory factory(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(null, task, prefix + number.incrementAndGet(), 0, false);
      thread.setDaemon(true);
      thread.setContextClassLoader(null);
      return thread;
    };
  }

  private static InetAddress resolve(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "host (" + HealthEndpoint.HOST + ") must be an address or name of this machine: "
              + OneLine.of(host, EndpointSettings.MOST_SHOWN),
          e);
    }
  }
}
