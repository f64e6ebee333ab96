package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.health.threads.OncePerMinute;
import io.aragora.resilience.internal.GuardedLog;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * A page of one path. The number of concurrent requests is bounded, so that a page which hangs leaves threads for the
 * others. An exception of its source becomes an error response. Thread-safe.
 */
final class Page {
  /** Writes a page. Called by several threads at once. */
  @FunctionalInterface
  interface Source {
    Answer answer() throws Exception;
  }

  private static final GuardedLog LOG = GuardedLog.of(Page.class);
  private static final Answer BUSY =
      Answer.error(503, "too many requests for this path are in progress").with("Retry-After", "1");

  private final String path;
  private final Source source;
  private final List<Semaphore> room;
  private final OncePerMinute lines = new OncePerMinute();

  /** Creates a page that takes a permit from each semaphore for every request. */
  Page(String path, Source source, Semaphore... room) {
    this.path = path;
    this.source = source;
    this.room = List.of(room);
  }

  Answer answer() {
    int taken = 0;
    try {
      while (taken < room.size()) {
        if (!room.get(taken).tryAcquire()) {
          return BUSY;
        }
        taken++;
      }
      return source.answer();
    } catch (Throwable e) {
      if (lines.passes()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the page " + path + " cannot be shown (logged once a minute)",
            e);
      }
      return Answer.FAILED;
    } finally {
      while (taken > 0) {
        room.get(--taken).release();
      }
    }
  }
}
