package io.aragora.resilience.core.recording;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.dispatch.EndedOnce;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Who takes the durations of a runtime; usually nobody. Thread-safe. */
public final class DurationRecorders {
  /*
   * A change of the list and the asking again that follows are one step under a lock: two that overlap could each ask, and
   * whoever writes last would take the answer that has only one of them. Policies that are just being made are waited for by
   * onChange, since they may have asked before.
   */
  private static final GuardedLog LOG = GuardedLog.of(DurationRecorders.class);

  private final List<DurationRecorder> all = new CopyOnWriteArrayList<>();
  private final ReentrantLock changing = new ReentrantLock();
  private final Runnable onChange;

  /**
   * Makes an empty list.
   *
   * @param onChange has every policy ask again
   */
  public DurationRecorders(Runnable onChange) {
    this.onChange = onChange;
  }

  /**
   * Adds one.
   *
   * @param recorder hears of every duration from now on
   * @return removes it
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
   * Finds what takes the durations of one policy.
   *
   * @param kind what is measured
   * @param policy its name
   * @return never throws; null where nobody is interested
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

  /** A plug-in that cannot answer must not keep the policy from being made. */
  private static @Nullable LongConsumer ask(DurationRecorder recorder, Kind kind, String policy) {
    try {
      return recorder.of(kind, policy);
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "durations of '" + policy + "' are not recorded: "
              + recorder.getClass().getName() + " failed",
          e);
      return null;
    }
  }
}
