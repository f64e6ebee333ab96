package io.aragora.resilience.recipes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A server on the loopback interface, which answers with the codes that a test sets; after the last one, always with that. */
final class Server implements AutoCloseable {
  /** A code whose answer never comes. */
  static final int HANG = 0;

  final List<String> requests = new CopyOnWriteArrayList<>();
  final CountDownLatch hangs = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final HttpServer server;

  Server(int... codes) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.setExecutor(task -> {
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      thread.start();
    });
    server.createContext("/", exchange -> {
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      requests.add(exchange.getRequestMethod() + " " + body);
      int code = codes[Math.min(requests.size(), codes.length) - 1];
      if (code == HANG) {
        hangs.countDown();
        try {
          closed.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        exchange.close();
        return;
      }
      byte[] answer = ("answer " + requests.size()).getBytes(UTF_8);
      exchange.getResponseHeaders().set("Retry-After", "7");
      exchange.sendResponseHeaders(code, answer.length);
      exchange.getResponseBody().write(answer);
      exchange.close();
    });
    server.start();
  }

  String url() {
    return "http://localhost:" + server.getAddress().getPort() + "/price";
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
  }
}
