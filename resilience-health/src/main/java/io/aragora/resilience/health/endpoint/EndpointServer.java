package io.aragora.resilience.health.endpoint;

import com.sun.net.httpserver.HttpServer;
import io.aragora.resilience.health.page.BreakerControl;
import io.aragora.resilience.health.page.LiveFeed;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.ResilienceContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;

/** A listening server and its threads. Thread-safe. */
final class EndpointServer implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(EndpointServer.class);

  private final String runtime;
  private final EndpointThreads threads;
  private final LiveFeed feed;
  private final HttpServer server;
  private final URI uri;

  private EndpointServer(String runtime, EndpointThreads threads, LiveFeed feed, HttpServer server)
      throws URISyntaxException {
    this.runtime = runtime;
    this.threads = threads;
    this.feed = feed;
    this.server = server;
    InetSocketAddress bound = server.getAddress();
    this.uri = new URI(
        "http", null, bound.getAddress().getHostAddress(), bound.getPort(), "/", null, null);
  }

  /**
   * Binds the port and starts to answer.
   *
   * @throws IllegalArgumentException if the host is unknown
   * @throws IOException if the port cannot be bound
   */
  static EndpointServer start(ResilienceContext context, EndpointSettings settings, Limits limits)
      throws Exception {
    String runtime = context.resilience().name();
    InetSocketAddress address = new InetSocketAddress(resolve(settings.host()), settings.port());
    AcceptedHosts hosts =
        new AcceptedHosts(address.getAddress(), settings.host(), settings.hosts());
    Pages pages = new Pages(context, settings.details());
    EndpointThreads threads = new EndpointThreads(runtime, limits);
    LiveFeed feed = new LiveFeed(
        context, settings.details(), settings.token() != null, limits.pace(), threads.feed());
    BreakerControl control = new BreakerControl(context.resilience(), context.timeSource(), feed);
    RequestHandler handler = new RequestHandler(
        pages,
        hosts,
        new EventStreams(feed, threads.streams(), threads.slowClients(), limits),
        new ControlRequests(settings.token(), control),
        threads.slowClients());
    try {
      // The server's own threads inherit whether they are daemons, the context loader and
      // thread-locals from the thread that starts them.
      EndpointServer started = threads.call(() -> {
        HttpServer server = bind(address);
        server.createContext("/", handler);
        server.setExecutor(threads);
        server.start();
        feed.start();
        return new EndpointServer(runtime, threads, feed, server);
      });
      LOG.log(
          System.Logger.Level.INFO,
          "the endpoint of runtime {0} listens at {1}",
          runtime,
          started.uri);
      return started;
    } catch (Exception e) {
      threads.close();
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
    feed.close();
    threads.awaitStreams();
    server.stop(0);
    threads.close();
  }

  private static InetAddress resolve(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "host (" + HealthEndpoint.HOST + ") must be an address or name of this machine: " + host,
          e);
    }
  }

  private static HttpServer bind(InetSocketAddress address) throws IOException {
    try {
      return HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new IOException("the endpoint cannot listen at " + address + ": " + e.getMessage(), e);
    }
  }
}
