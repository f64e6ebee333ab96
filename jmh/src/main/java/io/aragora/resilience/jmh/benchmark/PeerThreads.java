package io.aragora.resilience.jmh.benchmark;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The threads that peers require from their user. */
@State(Scope.Benchmark)
public class PeerThreads {
  private static final ThreadFactory DAEMONS = body -> {
    Thread thread = new Thread(body, "peer");
    thread.setDaemon(true);
    return thread;
  };

  /** Schedules asynchronous timeouts. */
  final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, DAEMONS);

  /** Runs bodies that the caller leaves at the timeout. */
  final ExecutorService bodies =
      Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), DAEMONS);

  /** Configures the scheduler to remove cancelled entries; otherwise they stay until they are due. */
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
