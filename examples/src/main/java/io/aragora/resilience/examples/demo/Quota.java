package io.aragora.resilience.examples.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP service on the loopback address with a quota: when it is used up, it answers 429 with a Retry-After for some time. Thread-safe. */
final class Quota implements AutoCloseable {
  private static final int THREADS = 4;
  private static final int OK = 200;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final long EMPTY = -1;

  private final HttpServer server;
  private final ExecutorService workers;
  private final Duration pause;
  private final AtomicInteger rejected = new AtomicInteger();

  /** Guarded by this, as the time below. */
  private int left;

  private long usedUpAt;

  private Quota(HttpServer server, int requests, Duration pause) {
    this.server = server;
    this.left = requests;
    this.pause = pause;
    this.workers =
        Executors.newFixedThreadPool(THREADS, Threads.daemons(Threads.PREFIX + "quota-"));
  }

  /**
   * Starts it.
   *
   * @param requests how many requests it serves at first
   * @param pause how long it then rejects requests, in whole seconds; afterwards it serves all
   */
  static Quota start(int requests, Duration pause) throws IOException {
    InetSocketAddress free = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    Quota quota = new Quota(HttpServer.create(free, 0), requests, pause);
    quota.server.setExecutor(quota.workers);
    quota.server.createContext("/", quota::handle);
    quota.server.start();
    return quota;
  }

  int port() {
    return server.getAddress().getPort();
  }

  URI uri() {
    return URI.create("http://localhost:" + port() + "/");
  }

  /** Returns how many requests it answered with 429. */
  int rejected() {
    return rejected.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      long seconds = secondsToWait();
      if (seconds > 0) {
        rejected.incrementAndGet();
        exchange.getResponseHeaders().set("Retry-After", Long.toString(seconds));
      }
      exchange.sendResponseHeaders(seconds > 0 ? TOO_MANY_REQUESTS : OK, EMPTY);
    }
  }

  private synchronized long secondsToWait() {
    long now = System.nanoTime();
    if (left > 0) {
      left--;
      usedUpAt = now;
      return 0;
    }
    Duration rest = pause.minusNanos(now - usedUpAt);
    return rest.isNegative() ? 0 : rest.toSeconds() + 1;
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }
}
