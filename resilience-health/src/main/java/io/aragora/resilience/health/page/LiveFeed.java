package io.aragora.resilience.health.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.threads.LastingThread;
import io.aragora.resilience.spi.ResilienceContext;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a runtime again and again while somebody looks, and hands what it read to all viewers. With nobody looking it only
 * takes care that the timeline goes on. Thread-safe.
 */
public final class LiveFeed implements AutoCloseable {
  /*
   * There is one board, the latest, and one timeline; a viewer has a mark in each. A viewer that is too slow finds a newer board
   * when it comes back and never sees the one between, and gets the timeline whole where it has missed some of it. So nothing
   * is queued for anybody, and a board is written once however many look.
   *
   * The pace is that of the people who look, so it is real time and not the runtime's, which may stand still; what is shown
   * (rates, cooldowns) is in the runtime's time. The more there is to read, the slower the pace, so that reading takes a
   * twentieth of one core, and more only where it takes longer than half a second each time.
   */
  private static final int REST_PER_WORK = 19;
  private static final long LONGEST_REST_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long CLOSE_MILLIS = 5_000;

  /** How much sooner than at its pace it reads when something happened. */
  private static final int HASTE = 10;

  /** How much later than at its pace it reads when nobody looks. */
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
  private byte @Nullable [] board; // of now; null while nobody looks
  private long boardNumber;
  private int viewers;
  private boolean hurried;
  private boolean closed;

  /**
   * Makes a feed; {@link #start} begins to read.
   *
   * @param context the runtime
   * @param details whether single health checks are shown
   * @param control whether the page may offer to control breakers
   * @param pace how often to read, at most
   * @param threads makes the one thread that reads
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
   * Lets somebody look.
   *
   * @return what that one has seen; to be closed
   */
  public synchronized Viewer open() {
    viewers++;
    hurry();
    return new Viewer();
  }

  /** Ends every viewer after what it is at, and stops reading. */
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

  /** Puts something into the timeline. */
  void tell(JsonObject entry) {
    timeline.add(entry);
    hurry();
  }

  /** Says that there may be something new to read. */
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

  /** Waits for the time of the next reading; false when there will be none. */
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

  /** How far one who looks has seen. Used by one thread, but for {@link #close}. */
  public final class Viewer implements AutoCloseable {
    private long seenBoard;
    private long seenEntry = -1;
    private boolean left; // guarded by the feed

    private Viewer() {}

    /**
     * Waits for something new.
     *
     * @param limit how long at most
     * @return server-sent events, in UTF-8: the board, or what is new in the timeline, or {@code beat} where there was nothing
     *     new; null where the feed is closed
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
      // Written without the lock, which those who report transitions take.
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

    /** Looks no longer. */
    @Override
    public void close() {
      synchronized (LiveFeed.this) {
        if (!left) {
          left = true;
          if (--viewers == 0) {
            board = null;
            hurry(); // no call is timed any longer than somebody looks
          }
        }
      }
    }
  }
}
