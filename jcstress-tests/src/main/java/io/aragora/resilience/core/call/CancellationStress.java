package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.CancellationHandlers;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CancellationHandlers}. */
public class CancellationStress {
  /** A handler is registered while another thread cancels, and the call is cancelled again: it runs once. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The handler ran once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The handler ran twice, or never.")
  @State
  public static class HandlerRunsOnce {
    private final CancellationHandlers call = new CancellationHandlers();
    private final AtomicInteger ran = new AtomicInteger();

    @Actor
    public void registerAndCancel() {
      call.onCancel(ran::incrementAndGet);
      call.cancel();
    }

    @Actor
    public void cancel() {
      call.cancel();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ran.get();
    }
  }

  /** A list without a lock that is read, run and then cleared: shows that the test detects a lost or doubled handler. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The handler ran once.")
  @Outcome(
      id = {"0", "2"},
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost or doubled handler that the class must not have.")
  @State
  public static class BrokenHandlerRunsOnce {
    private volatile boolean cancelled;
    private volatile Runnable handler;
    private final AtomicInteger ran = new AtomicInteger();

    @Actor
    public void registerAndCancel() {
      if (cancelled) {
        ran.incrementAndGet();
      } else {
        handler = ran::incrementAndGet;
      }
      runAll();
    }

    @Actor
    public void cancel() {
      runAll();
    }

    private void runAll() {
      cancelled = true;
      Runnable due = handler;
      if (due != null) {
        due.run();
        handler = null;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ran.get();
    }
  }
}
