package io.aragora.resilience.core.proxy;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Failures of some types. Equal where the types are, in whatever order, so that a retry may be declared twice with the same
 * ones.
 *
 * @param types the types, subclasses included
 */
record FailureTypes(Set<Class<? extends Throwable>> types) implements Predicate<Throwable> {
  FailureTypes(Class<? extends Throwable>[] types) {
    this(Set.copyOf(Arrays.asList(types)));
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

  @Override
  public String toString() {
    return types.stream().map(Class::getName).sorted().collect(Collectors.joining(", ", "[", "]"));
  }
}
