package io.aragora.resilience.core.recording;

import io.aragora.resilience.core.dispatch.EndedOnce;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The duration recorders of a runtime; usually empty. Thread-safe. */
public final class DurationRecorders {
  /*
   * Recorders are code of plug-ins, so no lock is held while they are asked. Two threads may look up for the same policy, and the
   * last write could come from the one that has seen an older list. So each thread looks up until the list has not changed
   * meanwhile: the last write is one of the newest list. onChange finds each policy that is registered; one that is registered
   * later looks up later.
   */
  private static final GuardedLog LOG = GuardedLog.of(DurationRecorders.class);

  /** A new list with each change, which is made under the lock of this. */
  private volatile List<DurationRecorder> all = List.of();

  private final Runnable onChange;

  /**
   * Creates an empty list.
   *
   * @param onChange makes every policy look up its recorders again
   */
  public DurationRecorders(Runnable onChange) {
    this.onChange = onChange;
  }

  /**
   * Adds a recorder.
   *
   * @param recorder receives every duration from now on
   * @return a subscription that removes the recorder
   */
  public Subscription add(DurationRecorder recorder) {
    Objects.requireNonNull(recorder, "recorder");
    change(recorders -> recorders.add(recorder));
    return new EndedOnce(() -> change(recorders -> removeFirst(recorders, recorder)));
  }

  private void change(Consumer<List<DurationRecorder>> change) {
    synchronized (this) {
      List<DurationRecorder> next = new ArrayList<>(all);
      change.accept(next);
      all = next;
    }
    onChange.run();
  }

  /** Compares by identity, since {@code equals} is code of the plug-in. */
  private static void removeFirst(List<DurationRecorder> recorders, DurationRecorder leaving) {
    for (int i = 0; i < recorders.size(); i++) {
      if (recorders.get(i) == leaving) {
        recorders.remove(i);
        return;
      }
    }
  }

  /**
   * Lets a policy look up its recorders, until they have not changed meanwhile. Called without a lock.
   *
   * @param policy the policy
   */
  public void measure(Measured policy) {
    List<DurationRecorder> seen;
    do {
      seen = all;
      policy.lookUp(this);
      // The consumer may be kept in a plain field: its write comes before the read.
      VarHandle.fullFence();
    } while (seen != all);
  }

  /**
   * Returns the consumer of one policy's durations.
   *
   * @param kind the kind of duration
   * @param policy the name of the policy
   * @return a consumer that never throws; null if no recorder receives the durations
   */
  public @Nullable LongConsumer of(Kind kind, String policy) {
    LongConsumer found = null;
    for (DurationRecorder recorder : all) {
      LongConsumer asked = ask(recorder, kind, policy);
      if (asked != null) {
        LongConsumer guarded = new GuardedConsumer(asked, policy);
        found = found == null ? guarded : found.andThen(guarded);
      }
    }
    return found;
  }

  /**
   * Calls every recorder because a policy was removed.
   *
   * @param policy the name of the policy
   * @param kinds the kinds of its durations
   */
  public void forget(String policy, Kind... kinds) {
    for (DurationRecorder recorder : all) {
      try {
        for (Kind kind : kinds) {
          recorder.forget(kind, policy);
        }
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "duration recorder " + recorder.getClass().getName() + " failed to forget '" + policy
                + "'",
            e);
      }
    }
  }

  /**
   * Asks a recorder for its consumer. A plug-in that fails must not prevent the creation of the
   * policy.
   */
  private static @Nullable LongConsumer ask(DurationRecorder recorder, Kind kind, String policy) {
    try {
      return recorder.of(kind, policy);
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "duration recorder " + recorder.getClass().getName() + " failed; it does not record '"
              + policy + "'",
          e);
      return null;
    }
  }
}
