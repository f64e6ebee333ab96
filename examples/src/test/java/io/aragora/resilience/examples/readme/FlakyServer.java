package io.aragora.resilience.examples.readme;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** A server on the loopback address that answers 503 a given number of times, then a text. */
final class FlakyServer implements AutoCloseable {
  private final HttpServer server;

  FlakyServer(int failures, String text) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicInteger failuresLeft = new AtomicInteger(failures);
    server.createContext("/", exchange -> {
      boolean fails = failuresLeft.getAndDecrement() > 0;
      byte[] bytes = (fails ? "down" : text).getBytes(UTF_8);
      exchange.sendResponseHeaders(fails ? 503 : 200, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    });
    server.start();
  }

  URI uri() {
    return URI.create("http://localhost:" + server.getAddress().getPort() + "/");
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
