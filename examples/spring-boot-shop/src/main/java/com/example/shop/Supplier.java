package com.example.shop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/** The dependency that can be broken: a server of its own, with sockets of its own. */
@Component
class Supplier implements DisposableBean {
  /** What the supplier does with a request. */
  enum Mode {
    FINE,
    SLOW,
    FAILING
  }

  private static final long SLOW_MILLIS = 5_000;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong requests = new AtomicLong();
  private final HttpServer server;
  private volatile Mode mode = Mode.FINE;

  Supplier() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  Mode mode() {
    return mode;
  }

  void mode(Mode next) {
    mode = next;
  }

  /** How many requests have arrived. */
  long requests() {
    return requests.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.incrementAndGet();
      switch (mode) {
        case FINE -> send(exchange, 200, "1.20");
        case FAILING -> send(exchange, 503, "out of order");
        case SLOW -> {
          Thread.sleep(SLOW_MILLIS);
          send(exchange, 200, "1.20");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void destroy() {
    server.stop(0);
    threads.shutdownNow();
  }
}
