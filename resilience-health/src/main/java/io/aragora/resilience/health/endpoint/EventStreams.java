package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import io.aragora.resilience.health.page.LiveFeed;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Sends the feed to those who look at the page, each on a thread that is there for streams only, so that they take none from
 * the health checks. A client that does not read is cut off as any slow one is, and one that went away at the next write;
 * each stream ends after a while in any case, and a client that is still there opens another. Thread-safe.
 */
final class EventStreams {
  private static final byte[] BEGIN = "retry: 1000\n\n".getBytes(UTF_8);
  private static final byte[] RENEW = "event: renew\ndata: {}\n\n".getBytes(UTF_8);
  private static final byte[] END = "event: end\ndata: {}\n\n".getBytes(UTF_8);

  private final LiveFeed feed;
  private final Executor threads;
  private final SlowClients slowClients;
  private final Limits limits;

  EventStreams(LiveFeed feed, Executor threads, SlowClients slowClients, Limits limits) {
    this.feed = feed;
    this.threads = threads;
    this.slowClients = slowClients;
    this.limits = limits;
  }

  /** Takes an exchange over, headers and closing included; false if there are too many. */
  boolean take(HttpExchange exchange) {
    try {
      threads.execute(() -> slowClients.run(() -> send(exchange)));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void send(HttpExchange exchange) {
    try (exchange;
        LiveFeed.Viewer viewer = feed.open()) {
      RequestHandler.setHeaders(exchange, Pages.EVENT_STREAM);
      exchange.sendResponseHeaders(200, 0);
      OutputStream body = exchange.getResponseBody();
      body.write(BEGIN);
      long began = System.nanoTime();
      byte[] event = BEGIN;
      while (event != END && event != RENEW) {
        event = slowClients.withoutLimit(() -> next(viewer, began));
        body.write(event);
        body.flush();
      }
    } catch (IOException e) {
      // The client is gone, or was cut off; whoever still looks comes back.
    }
  }

  private byte[] next(LiveFeed.Viewer viewer, long began) {
    if (System.nanoTime() - began >= limits.stream().toNanos()) {
      return RENEW;
    }
    try {
      byte[] news = viewer.next(limits.heartbeat());
      return news == null ? END : news;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closing: the next write fails
      return END;
    }
  }
}
