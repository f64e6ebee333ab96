package io.aragora.resilience.resilience4j;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The config of a policy as Resilience4j has it: the one that it was declared with, until the policy is reconfigured, or what its
 * present config looks like there. Built when first read, and again if the policy has another one. Thread-safe.
 *
 * @param <O> our config
 * @param <T> theirs
 */
final class ShownConfig<O, T> {
  private record Shown<O, T>(O of, T config) {}

  private final Supplier<O> present;
  private final Function<O, T> show;
  private final @Nullable T declared;
  private final O declaredAs;
  private volatile @Nullable Shown<O, T> shown;

  ShownConfig(Supplier<O> present, Function<O, T> show, @Nullable T declared) {
    this.present = present;
    this.show = show;
    this.declared = declared;
    this.declaredAs = present.get();
  }

  /** Returns the config that the policy was declared with; null if it was not, or has another one now. */
  @Nullable
  T declared() {
    return declared != null && present.get() == declaredAs ? declared : null;
  }

  T get() {
    T own = declared();
    if (own != null) {
      return own;
    }
    O now = present.get();
    Shown<O, T> before = shown;
    if (before == null || before.of != now) {
      before = new Shown<>(now, show.apply(now));
      shown = before;
    }
    return before.config;
  }
}
