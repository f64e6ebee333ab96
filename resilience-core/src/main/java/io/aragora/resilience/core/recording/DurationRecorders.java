package io.aragora.resilience.core.recording;

import io.aragora.resilience.core.dispatch.EndedOnce;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The duration recorders of a runtime; usually empty. Thread-safe. */
public final class DurationRecorders {
  /*
   * A change of the list and the new look-up of all policies are one step under a lock. Two
   * overlapping changes could each make the policies look up, and the last write could come from
   * the look-up that has seen only one change. onChange waits for policies that are being created,
   * since they may have looked up before the change.
   */
  private static final GuardedLog LOG = GuardedLog.of(DurationRecorders.class);

  private final List<DurationRecorder> all = new CopyOnWriteArrayList<>();
  private final ReentrantLock changing = new ReentrantLock();
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
    changing.lock();
    try {
      all.add(recorder);
      onChange.run();
    } finally {
      changing.unlock();
    }
    return new EndedOnce(() -> remove(recorder));
  }

  private void remove(DurationRecorder recorder) {
    changing.lock();
    try {
      all.remove(recorder);
      onChange.run();
    } finally {
      changing.unlock();
    }
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
