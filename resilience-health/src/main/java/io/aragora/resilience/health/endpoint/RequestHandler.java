package io.aragora.resilience.health.endpoint;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;

/** Answers GET and HEAD. Thread-safe. */
final class RequestHandler implements HttpHandler {
  private static final System.Logger LOG = System.getLogger(RequestHandler.class.getName());

  private final Pages pages;
  private final SlowClients slowClients;

  RequestHandler(Pages pages, SlowClients slowClients) {
    this.pages = pages;
    this.slowClients = slowClients;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (Thread.currentThread().isInterrupted()) {
        return; // refused, out of time, or closing: nothing can be sent any more
      }
      String path = exchange.getRequestURI().getRawPath();
      Page page = path == null ? null : pages.find(path);
      if (page == null) {
        send(exchange, Answer.NOT_FOUND);
      } else if (isGet(exchange) || isHead(exchange)) {
        send(exchange, slowClients.withoutLimit(() -> answer(path, page)));
      } else {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, Answer.METHOD_NOT_ALLOWED);
      }
    }
  }

  private static Answer answer(String path, Page page) {
    try {
      return page.answer();
    } catch (Exception | LinkageError e) {
      LOG.log(System.Logger.Level.WARNING, "the page " + path + " cannot be shown", e);
      return Answer.FAILED;
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", answer.contentType());
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    // Who asks every few seconds gains nothing from a connection that stays: it would sit here
    // idle, and on JDK 17 head and
    // body go out apart, so that each further answer on it waits some 40 ms for an acknowledgement.
    exchange.getResponseHeaders().set("Connection", "close");
    if (isHead(exchange)) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(answer.length()));
      exchange.sendResponseHeaders(answer.status(), -1);
    } else if (answer.length() == 0) {
      exchange.sendResponseHeaders(answer.status(), -1); // 0 would mean a length that is not known
    } else {
      exchange.sendResponseHeaders(answer.status(), answer.length());
      answer.writeTo(exchange.getResponseBody());
    }
  }

  private static boolean isGet(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("GET");
  }

  private static boolean isHead(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("HEAD");
  }
}
