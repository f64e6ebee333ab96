package io.aragora.resilience.core.proxy;

import java.util.List;
import java.util.function.Predicate;

/**
 * Failures of some types. Equal where the types are, so that a retry may be declared twice with the same ones.
 *
 * @param types the types, subclasses included
 */
record FailureTypes(List<Class<? extends Throwable>> types) implements Predicate<Throwable> {
  FailureTypes(Class<? extends Throwable>[] types) {
    this(List.of(types));
  }

  @Override
  public boolean test(Throwable failure) {
    for (Class<? extends Throwable> type : types) {
      if (type.isInstance(failure)) {
        return true;
      }
    }
    return false;
  }
}
