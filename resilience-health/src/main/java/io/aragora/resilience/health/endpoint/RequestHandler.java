package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.health.server.Exchange;
import io.aragora.resilience.health.server.SocketServer;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Answers GET and HEAD of pages, streams events, and passes operators' requests on. Thread-safe. */
final class RequestHandler implements SocketServer.Handler {
  private static final Answer OTHER_HOST = Answer.error(
      421, "this host is not accepted: use localhost, or add it to " + HealthEndpoint.HOSTS);
  private static final Answer NOT_GET = Answer.METHOD_NOT_ALLOWED.with("Allow", "GET, HEAD");

  private final Pages pages;
  private final AcceptedHosts hosts;
  private final EventStreams streams;
  private final @Nullable ControlRequests control;

  /** Creates a handler; if {@code control} is null it has no paths for operators. */
  RequestHandler(
      Pages pages, AcceptedHosts hosts, EventStreams streams, @Nullable ControlRequests control) {
    this.pages = pages;
    this.hosts = hosts;
    this.streams = streams;
    this.control = control;
  }

  @Override
  public void handle(Exchange exchange) throws IOException {
    String path = exchange.path();
    boolean accepted = hosts.accept(exchange.headers("Host"));
    if (path.startsWith(ControlRequests.PATH) && control != null) {
      exchange.send(accepted ? control.answer(path, exchange) : OTHER_HOST);
      return;
    }
    Page page = pages.find(path);
    if (page == null) {
      exchange.send(Answer.NOT_FOUND);
    } else if (!accepted && !pages.isForEveryHost(path)) {
      exchange.send(OTHER_HOST);
    } else if (exchange.method().equals("GET") && path.equals(Pages.EVENTS)) {
      streams.send(exchange);
    } else if (exchange.method().equals("GET") || exchange.method().equals("HEAD")) {
      exchange.send(page.answer());
    } else {
      exchange.send(NOT_GET);
    }
  }
}
