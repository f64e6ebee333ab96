package io.aragora.resilience.resilience4j;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The config of a policy as Resilience4j has it: the one that it was declared with, if the policy has its settings, or what the
 * present config of the policy looks like there. Built when first read, and again if the policy has another one. Thread-safe.
 *
 * @param <O> our config
 * @param <T> theirs
 */
final class ShownConfig<O, T> {
  /** A config of Resilience4j, and its translation. */
  record Declared<O, T>(O ours, T theirs) {
    /** Returns a config with its translation; null for null. */
    static <O, T> @Nullable Declared<O, T> of(@Nullable T theirs, Function<T, O> translate) {
      return theirs == null ? null : new Declared<>(translate.apply(theirs), theirs);
    }
  }

  private record Shown<O, T>(O of, T config) {}

  private final Supplier<O> present;
  private final Function<O, T> show;
  private final @Nullable Declared<O, T> declared;

  /** The translation, or what settings from outside made of it. */
  private final O first;

  private volatile @Nullable Shown<O, T> shown;

  ShownConfig(Supplier<O> present, Function<O, T> show, @Nullable Declared<O, T> declared) {
    this.present = present;
    this.show = show;
    this.declared = declared;
    this.first = present.get();
  }

  /**
   * Returns the config that the policy was declared with, for functions that only Resilience4j has; null if it was not declared
   * with one, or was reconfigured.
   */
  @Nullable
  T declared() {
    return declared != null && present.get() == first ? declared.theirs() : null;
  }

  T get() {
    O now = present.get();
    if (declared != null && now == declared.ours()) {
      return declared.theirs();
    }
    Shown<O, T> before = shown;
    if (before == null || before.of != now) {
      before = new Shown<>(now, show.apply(now));
      shown = before;
    }
    return before.config;
  }
}
