package io.aragora.resilience.health.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.threads.LastingThread;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a runtime periodically while the page has viewers, and passes each reading to all of them. Without viewers it only
 * keeps the timeline up to date. Thread-safe.
 */
public final class LiveFeed implements AutoCloseable {
  /*
   * There is one board, the latest, and one timeline; each viewer has a position in both. A slow viewer skips boards, and
   * receives the whole timeline if it has missed entries. So nothing is queued for a viewer, and a board is written once for
   * all viewers.
   *
   * The pace follows real time, since people watch the page and the runtime's time may stand still; rates and cooldowns are in
   * the runtime's time. A longer reading slows the pace, so that reading takes a twentieth of one core, and more only if one
   * reading takes longer than half a second.
   */
  private static final int REST_PER_WORK = 19;
  private static final long LONGEST_REST_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long CLOSE_MILLIS = 5_000;

  /** The factor by which the next reading comes sooner after an event. */
  private static final int HASTE = 10;

  /** The factor by which the pace is longer without viewers. */
  private static final int UNWATCHED = 2;

  private final ResilienceContext context;
  private final boolean control;
  private final long paceNanos;
  private final Timeline timeline = new Timeline();
  private final TransitionWatch watch;
  private final Latencies latencies;
  private final BreakerRows breakers;
  private final OtherPolicies others;
  private final HealthSummary health;
  private final LastingThread reader;
  private long workNanos; // of the reader's latest turn

  // Guarded by this.
  private byte @Nullable [] board; // the present board; null without viewers
  private long boardNumber;
  private int viewers;
  private boolean hurried;
  private boolean closed;

  /**
   * Creates a feed; {@link #start} begins to read.
   *
   * @param context the runtime
   * @param details whether single health checks are shown
   * @param control whether the page may offer to control breakers
   * @param pace how often to read, at most
   * @param threads creates the reading thread
   */
  public LiveFeed(
      ResilienceContext context,
      boolean details,
      boolean control,
      Duration pace,
      ThreadFactory threads) {
    Resilience resilience = context.resilience();
    this.context = context;
    this.control = control;
    this.paceNanos = pace.toNanos();
    this.watch = new TransitionWatch(resilience, this::tell);
    this.latencies = new Latencies(context);
    this.breakers = new BreakerRows(resilience, watch, latencies);
    this.others = new OtherPolicies(resilience);
    this.health = new HealthSummary(resilience.health(), details);
    this.reader = new LastingThread("the feed of the live page", threads, this::read, this::leave);
  }

  /** Begins to read. */
  public void start() {
    reader.start();
  }

  /**
   * Adds a viewer.
   *
   * @return the viewer, to be closed
   */
  public synchronized Viewer open() {
    viewers++;
    hurry();
    return new Viewer();
  }

  /** Ends every viewer after its present event, and stops reading. */
  @Override
  public void close() {
    reader.close();
    synchronized (this) {
      closed = true;
      notifyAll();
    }
  }

  /** Waits for the reader of a closed feed to end, for 5 s at most. */
  public void join() {
    reader.join(CLOSE_MILLIS);
  }

  /**
   * Returns the number of readings that failed.
   *
   * @return since the start
   */
  public long failures() {
    return reader.failures();
  }

  /**
   * Returns whether a reading failed lately.
   *
   * @param withinNanos how long ago at most, in nanoseconds
   * @return whether one failed within that time
   */
  public boolean hasFailedWithin(long withinNanos) {
    return reader.hasFailedWithin(withinNanos);
  }

  /** Adds an entry to the timeline. */
  void tell(JsonObject entry) {
    timeline.add(entry);
    hurry();
  }

  /** Signals that there may be something new to read. */
  synchronized void hurry() {
    hurried = true;
    notifyAll();
  }

  private void read() throws InterruptedException {
    if (!awaitTurn(workNanos)) {
      return;
    }
    long began = System.nanoTime();
    try {
      watch.look();
      if (isWatched()) {
        publish(readBoard());
      } else {
        latencies.close();
      }
    } finally {
      workNanos = System.nanoTime() - began;
    }
  }

  private void leave() {
    try {
      latencies.close();
    } finally {
      watch.close();
    }
  }

  private byte[] readBoard() {
    long nowNanos = context.timeSource().nanoTime();
    JsonObject json = new JsonObject()
        .put("runtime", context.resilience().name())
        .put("at", context.timeSource().wallTime().toString())
        .put("control", control);
    breakers.addTo(json, nowNanos);
    others.addTo(json);
    ChaosNotice.addTo(json, context.resilience());
    health.addTo(json, nowNanos);
    return event("board", json);
  }

  private synchronized void publish(byte[] newest) {
    board = newest;
    boardNumber++;
    notifyAll();
  }

  private synchronized boolean isWatched() {
    return viewers > 0;
  }

  /** Waits for the next reading; returns false if there will be none. */
  private synchronized boolean awaitTurn(long workNanos) throws InterruptedException {
    long began = System.nanoTime();
    while (!closed) {
      long pace = hurried ? paceNanos / HASTE : viewers > 0 ? paceNanos : paceNanos * UNWATCHED;
      long work = Math.min(workNanos * REST_PER_WORK, LONGEST_REST_NANOS);
      long rest = Math.max(pace, work) - (System.nanoTime() - began);
      if (rest <= 0) {
        hurried = false;
        return true;
      }
      TimeUnit.NANOSECONDS.timedWait(this, rest);
    }
    return false;
  }

  private static byte[] event(String name, JsonObject data) {
    return ("event: " + name + "\ndata: " + data + "\n\n").getBytes(UTF_8);
  }

  /** A viewer and its position. Used by one thread, except {@link #close}. */
  public final class Viewer implements AutoCloseable {
    private long seenBoard;
    private long seenEntry = -1;
    private boolean left; // guarded by the feed

    private Viewer() {}

    /**
     * Waits for something new.
     *
     * @param limit the maximum wait
     * @return server-sent events, in UTF-8: the board, or the new entries of the timeline, or {@code beat} if nothing is new;
     * null if the feed is closed
     * @throws InterruptedException if the thread is interrupted
     */
    public byte @Nullable [] next(Duration limit) throws InterruptedException {
      byte[] newest = null;
      synchronized (LiveFeed.this) {
        long began = System.nanoTime();
        long rest = limit.toNanos();
        while (!closed && timeline.last() == seenEntry && !isBoardNew() && rest > 0) {
          TimeUnit.NANOSECONDS.timedWait(LiveFeed.this, rest);
          rest = limit.toNanos() - (System.nanoTime() - began);
        }
        if (closed) {
          return null;
        }
        if (timeline.last() == seenEntry && isBoardNew()) {
          newest = board;
          seenBoard = boardNumber;
        }
      }
      if (newest != null) {
        return newest;
      }
      // Written without the lock, which threads that report transitions take.
      Timeline.News news = timeline.after(seenEntry);
      if (news.last() == seenEntry) {
        return event("beat", new JsonObject());
      }
      seenEntry = news.last();
      return event("timeline", news.toJson());
    }

    private boolean isBoardNew() {
      return board != null && boardNumber > seenBoard;
    }

    /** Removes this viewer. */
    @Override
    public void close() {
      synchronized (LiveFeed.this) {
        if (!left) {
          left = true;
          if (--viewers == 0) {
            board = null;
            hurry(); // calls are timed only while there are viewers
          }
        }
      }
    }
  }
}
