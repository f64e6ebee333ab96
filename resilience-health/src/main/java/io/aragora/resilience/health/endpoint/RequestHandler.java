package io.aragora.resilience.health.endpoint;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.aragora.resilience.internal.GuardedLog;
import java.io.IOException;

/** Answers GET and HEAD of pages, hands streams over, and lets operators in. Thread-safe. */
final class RequestHandler implements HttpHandler {
  private static final GuardedLog LOG = GuardedLog.of(RequestHandler.class);
  private static final Answer OTHER_HOST = Answer.error(
      421, "this name is not expected here: use localhost, or set " + HealthEndpoint.HOSTS);
  private static final Answer NOT_GET = Answer.METHOD_NOT_ALLOWED.with("Allow", "GET, HEAD");
  private static final Answer TOO_MANY_STREAMS =
      Answer.error(503, "as many pages are open as can be fed").with("Retry-After", "10");

  private final Pages pages;
  private final AcceptedHosts hosts;
  private final EventStreams streams;
  private final ControlRequests control;
  private final SlowClients slowClients;

  RequestHandler(
      Pages pages,
      AcceptedHosts hosts,
      EventStreams streams,
      ControlRequests control,
      SlowClients slowClients) {
    this.pages = pages;
    this.hosts = hosts;
    this.streams = streams;
    this.control = control;
    this.slowClients = slowClients;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    boolean taken = false;
    try {
      if (!Thread.currentThread().isInterrupted()) {
        taken = isStream(exchange) && streams.take(exchange);
        if (!taken) {
          send(exchange, answer(exchange));
        }
      } // else refused, out of time, or closing: nothing can be sent any more
    } finally {
      if (!taken) {
        exchange.close();
      }
    }
  }

  private boolean isStream(HttpExchange exchange) {
    return Pages.EVENTS.equals(exchange.getRequestURI().getRawPath())
        && isGet(exchange)
        && hosts.accept(exchange.getRequestHeaders());
  }

  private Answer answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    if (path == null) {
      return Answer.NOT_FOUND;
    }
    boolean accepted = hosts.accept(exchange.getRequestHeaders());
    if (path.startsWith(ControlRequests.PATH)) {
      return accepted ? control.answer(path, exchange) : OTHER_HOST;
    }
    Page page = pages.find(path);
    if (page == null) {
      return Answer.NOT_FOUND;
    }
    if (!accepted && !pages.isForEveryHost(path)) {
      return OTHER_HOST;
    }
    if (!isGet(exchange) && !isHead(exchange)) {
      return NOT_GET;
    }
    if (path.equals(Pages.EVENTS) && isGet(exchange)) {
      return TOO_MANY_STREAMS;
    }
    return slowClients.withoutLimit(() -> answer(path, page));
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
    setHeaders(exchange, answer.contentType());
    answer.headers().forEach(exchange.getResponseHeaders()::set);
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

  /** Sets what every answer has. */
  static void setHeaders(HttpExchange exchange, String contentType) {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", contentType);
    headers.set("Cache-Control", "no-store");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Referrer-Policy", "no-referrer");
    // Who asks every few seconds gains nothing from a connection that stays: it would sit here
    // idle, and on JDK 17 head and body go out apart, so that each further answer on it waits some
    // 40 ms for an acknowledgement.
    headers.set("Connection", "close");
  }

  private static boolean isGet(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("GET");
  }

  private static boolean isHead(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("HEAD");
  }
}
