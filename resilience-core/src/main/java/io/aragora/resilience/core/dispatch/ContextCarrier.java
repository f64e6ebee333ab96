package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.spi.ContextPropagator;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Carries the thread-bound context of an application to other threads. */
public final class ContextCarrier {
  /** Carries no context. */
  public static final ContextCarrier NONE = new ContextCarrier(List.of());

  private static final GuardedLog LOG = GuardedLog.of(ContextCarrier.class);

  private final List<ContextPropagator> propagators;
  private final boolean isEmpty;
  private final AtomicBoolean logged = new AtomicBoolean();

  /**
   * Creates a carrier.
   *
   * @param propagators restored in this order, removed in the opposite order
   */
  public ContextCarrier(List<ContextPropagator> propagators) {
    this.propagators = propagators;
    this.isEmpty = propagators.isEmpty();
  }

  /**
   * Captures the context of the calling thread.
   *
   * @return the context; null if there is none to carry
   */
  public @Nullable Carried capture() {
    if (isEmpty) {
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
          "a context propagator failed; calls continue without its context (logged once)",
          failure);
    }
  }

  /** The captured context of a caller's thread. */
  public final class Carried {
    private final List<ContextPropagator.Captured> captured;

    private Carried(List<ContextPropagator.Captured> captured) {
      this.captured = captured;
    }

    /**
     * Runs a body on the calling thread, in the captured context.
     *
     * @param body the body
     * @param <T> the type of its value
     * @param <X> the type of its exception
     * @return its value
     * @throws X if the body does
     */
    public <T extends @Nullable Object, X extends Throwable> T call(
        CheckedSupplier<? extends T, X> body) throws X {
      // A restored context must be closed.
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
