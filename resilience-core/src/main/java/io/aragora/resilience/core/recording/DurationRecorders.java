package io.aragora.resilience.core.recording;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Who takes the durations of a runtime; usually nobody. Thread-safe. */
public final class DurationRecorders {
  private static final System.Logger LOG = System.getLogger(DurationRecorders.class.getName());

  private final List<DurationRecorder> all = new CopyOnWriteArrayList<>();
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
    all.add(Objects.requireNonNull(recorder, "recorder"));
    onChange.run();
    return () -> {
      if (all.remove(recorder)) {
        onChange.run();
      }
    };
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
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "durations of '" + policy + "' are not recorded: "
              + recorder.getClass().getName() + " failed",
          e);
      return null;
    }
  }
}
