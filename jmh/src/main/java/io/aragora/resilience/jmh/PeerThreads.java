package io.aragora.resilience.jmh;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The threads that peers ask their user for. */
@State(Scope.Benchmark)
public class PeerThreads {
  private static final ThreadFactory DAEMONS = body -> {
    Thread thread = new Thread(body, "peer");
    thread.setDaemon(true);
    return thread;
  };

  /** Times what is asynchronous. */
  final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, DAEMONS);

  /** Runs what is to be left when time is up. */
  final ExecutorService bodies =
      Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), DAEMONS);

  /** Sets the scheduler up as whoever cancels has to: else what was cancelled stays until its time. */
  public PeerThreads() {
    scheduler.setRemoveOnCancelPolicy(true);
  }

  /** Ends the threads. */
  @TearDown
  public void shutDown() {
    scheduler.shutdownNow();
    bodies.shutdownNow();
  }
}
