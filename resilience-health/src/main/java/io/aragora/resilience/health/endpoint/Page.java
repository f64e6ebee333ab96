package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.health.server.Answer;
import io.aragora.resilience.health.threads.OncePerMinute;
import io.aragora.resilience.internal.GuardedLog;
import java.util.List;
import java.util.concurrent.Semaphore;

/**
 * What stands behind one path. Only so many requests are in it at once, so that one page which hangs keeps no thread from the
 * others. Whatever its source throws becomes an answer. Thread-safe.
 */
final class Page {
  /** Writes a page. Called by several threads at once. */
  @FunctionalInterface
  interface Source {
    Answer answer() throws Exception;
  }

  private static final GuardedLog LOG = GuardedLog.of(Page.class);
  private static final Answer BUSY = Answer.error(
          503, "too many requests for this path are being answered")
      .with("Retry-After", "1");

  private final String path;
  private final Source source;
  private final List<Semaphore> room;
  private final OncePerMinute lines = new OncePerMinute();

  /** Creates a page, which takes a permit of each of these for every request. */
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
