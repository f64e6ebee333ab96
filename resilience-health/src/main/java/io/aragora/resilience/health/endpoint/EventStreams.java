package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.page.LiveFeed;
import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.health.server.Exchange;
import io.aragora.resilience.health.server.Limits;
import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Sends the feed to a bounded number of viewers, each on the thread of its connection. A client that does not read is cut off
 * like any slow client, and a closed connection is noticed at the next write. Each stream ends after a fixed time, and the
 * client opens another. Thread-safe.
 */
final class EventStreams {
  private static final byte[] BEGIN = "retry: 1000\n\n".getBytes(UTF_8);
  private static final byte[] RENEW = "event: renew\ndata: {}\n\n".getBytes(UTF_8);
  private static final byte[] END = "event: end\ndata: {}\n\n".getBytes(UTF_8);
  private static final long LAST_MILLIS = 500;
  private static final Answer TOO_MANY =
      Answer.error(503, "too many live pages are open").with("Retry-After", "10");

  private final LiveFeed feed;
  private final Limits limits;
  private final Semaphore room;

  EventStreams(LiveFeed feed, Limits limits) {
    this.feed = feed;
    this.limits = limits;
    this.room = new Semaphore(limits.streams());
  }

  /** Sends a stream until its end, or an error if there are too many. */
  void send(Exchange exchange) throws IOException {
    if (!room.tryAcquire()) {
      exchange.send(TOO_MANY);
      return;
    }
    try (LiveFeed.Viewer viewer = feed.open()) {
      exchange.begin(Pages.EVENT_STREAM);
      exchange.write(BEGIN);
      long began = System.nanoTime();
      byte[] event = BEGIN;
      while (event != END && event != RENEW) {
        event = next(viewer, began);
        exchange.write(event);
      }
    } finally {
      room.release();
    }
  }

  /** Allows the streams of a closed feed a short time to send their last event. */
  void awaitEnd() {
    try {
      if (room.tryAcquire(limits.streams(), LAST_MILLIS, TimeUnit.MILLISECONDS)) {
        room.release(limits.streams());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // then they are cut off
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
      Thread.currentThread().interrupt(); // closing
      return END;
    }
  }
}
