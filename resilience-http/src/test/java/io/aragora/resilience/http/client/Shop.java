package io.aragora.resilience.http.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on the loopback address with scripted responses, the last one for all further requests. */
final class Shop implements AutoCloseable {
  /** What to do with a request. */
  interface Answer {
    void to(HttpExchange exchange) throws IOException;
  }

  final AtomicInteger requests = new AtomicInteger();
  final BlockingQueue<String> bodies = new LinkedBlockingQueue<>();

  /** The client's ends of the connections that came. */
  final Set<InetSocketAddress> connections = ConcurrentHashMap.newKeySet();

  private final BlockingQueue<Answer> script = new LinkedBlockingQueue<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
    Thread thread = new Thread(task, "shop");
    thread.setDaemon(true);
    return thread;
  });
  private final HttpServer server;

  Shop() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  URI uri() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/apples");
  }

  Shop then(Answer answer) {
    script.add(answer);
    return this;
  }

  Shop then(int status, String body) {
    return then(exchange -> respond(exchange, status, body));
  }

  /** Answers only when the server is closed. */
  Shop thenHang() {
    return then(exchange -> {
      try {
        closing.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
    });
  }

  static void respond(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    try (OutputStream stream = exchange.getResponseBody()) {
      stream.write(bytes);
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    requests.incrementAndGet();
    connections.add(exchange.getRemoteAddress());
    bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    Answer answer = script.size() > 1 ? script.remove() : script.element();
    answer.to(exchange);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
