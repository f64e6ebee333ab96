package io.aragora.resilience.internal;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Collects the failures that a policy treats alike: those of some types, and those that a function matches. A config
 * builder has one for each such setting. Not thread-safe.
 */
public final class FailureRule {
  private Set<Class<? extends Throwable>> types = Set.of();
  private @Nullable Predicate<? super Throwable> function;

  /** Creates a rule that matches nothing yet. */
  public FailureRule() {}

  /**
   * Adds a type.
   *
   * @param type matched with its subclasses
   */
  public void add(Class<? extends Throwable> type) {
    Set<Class<? extends Throwable>> all = new HashSet<>(types);
    all.add(type);
    types = Set.copyOf(all);
  }

  /**
   * Sets the function.
   *
   * @param predicate replaces the function set before
   */
  public void set(Predicate<? super Throwable> predicate) {
    function = predicate;
  }

  /**
   * Copies the rule of a config.
   *
   * @param predicate the return value of {@link #predicate}
   * @param byDefault the argument of that call
   */
  public void setAll(
      @Nullable Predicate<? super Throwable> predicate,
      @Nullable Predicate<? super Throwable> byDefault) {
    if (predicate instanceof OfTypes ofTypes) {
      types = ofTypes.types;
      function = ofTypes.others;
    } else {
      types = Set.of();
      function = predicate == byDefault ? null : predicate;
    }
  }

  /**
   * Returns a predicate that matches the types and the function.
   *
   * @param byDefault returned if neither is set
   * @return a predicate; two are equal if their types and functions are
   */
  public Predicate<? super Throwable> predicate(Predicate<? super Throwable> byDefault) {
    Predicate<? super Throwable> set = predicate();
    return set == null ? byDefault : set;
  }

  /**
   * Returns a predicate that matches the types and the function.
   *
   * @return a predicate; two are equal if their types and functions are; null if neither is set
   */
  public @Nullable Predicate<? super Throwable> predicate() {
    return types.isEmpty() ? function : new OfTypes(types, function);
  }

  private record OfTypes(
      Set<Class<? extends Throwable>> types, @Nullable Predicate<? super Throwable> others)
      implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      for (Class<? extends Throwable> type : types) {
        if (type.isInstance(failure)) {
          return true;
        }
      }
      return others != null && others.test(failure);
    }

    @Override
    public String toString() {
      String names =
          types.stream().map(Class::getName).sorted().collect(Collectors.joining(", ", "[", "]"));
      return others == null ? names : names + " or " + others;
    }
  }
}
