package io.aragora.resilience.examples.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * An HTTP service on a free port of the loopback address with a selectable health. A timer delays the responses, not
 * sleeping threads, so four threads serve every caller; beyond 512 requests at a time it returns 503.
 */
final class Upstream implements AutoCloseable {
  /** How it is. */
  enum Mode {
    HEALTHY("answers 200 within 15 ms"),
    SLOW("answers 200, but takes three times the timeout"),
    FAILING("answers 503");

    private final String text;

    Mode(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  private static final int THREADS = 4;
  private static final int MAX_REQUESTS = 512;
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;
  private static final long EMPTY = -1;

  private final HttpServer server;
  private final ScheduledThreadPoolExecutor workers;
  private final Semaphore places = new Semaphore(MAX_REQUESTS);
  private final long slowMillis;
  private volatile Mode mode = Mode.HEALTHY;

  private Upstream(HttpServer server, Duration timeout) {
    this.server = server;
    this.slowMillis = 3 * timeout.toMillis();
    this.workers =
        new ScheduledThreadPoolExecutor(THREADS, Threads.daemons(Threads.PREFIX + "upstream-"));
    workers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /**
   * Starts it, healthy.
   *
   * @param timeout the timeout of its callers
   */
  static Upstream start(Duration timeout) throws IOException {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Upstream upstream = new Upstream(HttpServer.create(free, 0), timeout);
    upstream.server.setExecutor(upstream.workers);
    upstream.server.createContext("/", upstream::handle);
    upstream.server.start();
    return upstream;
  }

  URI uri() {
    InetSocketAddress address = server.getAddress();
    return URI.create("http://" + host(address) + ":" + address.getPort() + "/");
  }

  private static String host(InetSocketAddress address) {
    String literal = address.getAddress().getHostAddress();
    return literal.indexOf(':') < 0 ? literal : "[" + literal + "]";
  }

  int port() {
    return server.getAddress().getPort();
  }

  Mode mode() {
    return mode;
  }

  void become(Mode next) {
    mode = next;
  }

  private void handle(HttpExchange exchange) {
    if (!places.tryAcquire()) {
      answer(exchange, UNAVAILABLE);
      return;
    }
    try {
      switch (mode) {
        case HEALTHY -> later(exchange, ThreadLocalRandom.current().nextLong(3, 15));
        case SLOW -> later(exchange, slowMillis);
        case FAILING -> answerAndLeave(exchange, UNAVAILABLE);
      }
    } catch (RejectedExecutionException e) {
      places.release();
      exchange.close();
    }
  }

  private void later(HttpExchange exchange, long millis) {
    var unused =
        workers.schedule(() -> answerAndLeave(exchange, OK), millis, TimeUnit.MILLISECONDS);
  }

  private void answerAndLeave(HttpExchange exchange, int status) {
    try {
      answer(exchange, status);
    } finally {
      places.release();
    }
  }

  private static void answer(HttpExchange exchange, int status) {
    try (exchange) {
      exchange.sendResponseHeaders(status, EMPTY);
    } catch (IOException e) {
      // The caller's timeout has closed the connection, so no client receives the response.
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
    server.stop(0);
  }
}
