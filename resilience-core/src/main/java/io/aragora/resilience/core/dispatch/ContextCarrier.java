package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.ContextPropagator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Takes what an application keeps by thread along to other threads. */
public final class ContextCarrier {
  /** Takes nothing along. */
  public static final ContextCarrier NONE = new ContextCarrier(List.of());

  private static final GuardedLog LOG = GuardedLog.of(ContextCarrier.class);

  private final List<ContextPropagator> propagators;
  private final AtomicBoolean logged = new AtomicBoolean();

  /**
   * Takes along what each of them carries.
   *
   * @param propagators restored in this order, taken away in the opposite one
   */
  public ContextCarrier(List<ContextPropagator> propagators) {
    this.propagators = propagators;
  }

  /**
   * Reads what the calling thread has.
   *
   * @return null where there is nothing to carry
   */
  public @Nullable Carried capture() {
    if (propagators.isEmpty()) {
      return null;
    }
    List<ContextPropagator.Captured> captured = new ArrayList<>(propagators.size());
    for (ContextPropagator propagator : propagators) {
      try {
        captured.add(propagator.capture());
      } catch (Throwable e) {
        log(e);
      }
    }
    return new Carried(captured);
  }

  private void log(Throwable failure) {
    if (logged.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a context propagator failed, and calls go on without what it carries; said once",
          failure);
    }
  }

  /** What a caller's thread had. */
  public final class Carried {
    private final List<ContextPropagator.Captured> captured;

    private Carried(List<ContextPropagator.Captured> captured) {
      this.captured = captured;
    }

    /**
     * Runs a body on the calling thread, with what the caller's had.
     *
     * @param body the body
     * @param <T> the type of its value
     * @param <X> what it throws
     * @return its value
     * @throws X as the body does
     */
    public <T extends @Nullable Object, X extends Throwable> T call(
        CheckedSupplier<? extends T, X> body) throws X {
      // What is restored must be closed.
      StackRoom.forCall();
      List<ContextPropagator.Restored> restored = new ArrayList<>(captured.size());
      for (ContextPropagator.Captured one : captured) {
        try {
          restored.add(one.restore());
        } catch (Throwable e) {
          log(e);
        }
      }
      try {
        return body.get();
      } finally {
        for (int i = restored.size() - 1; i >= 0; i--) {
          try {
            restored.get(i).close();
          } catch (Throwable e) {
            log(e);
          }
        }
      }
    }
  }
}
