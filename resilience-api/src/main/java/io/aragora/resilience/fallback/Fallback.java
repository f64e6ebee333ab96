package io.aragora.resilience.fallback;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a call gives instead of its failure: rules by the type of the failure, the first that fits, and one for all other
 * exceptions. Immutable.
 *
 * <p>A call that was stopped (cancelled, interrupted, its runtime closed) has no fallback, because nobody waits for its value.
 * Errors have one only where a rule names their type. What a rule throws comes out instead, with the failure of the call
 * suppressed.
 *
 * @param <T> the type of the value
 */
public final class Fallback<T extends @Nullable Object> {
  private record Rule<T extends @Nullable Object>(
      Class<? extends Throwable> type, Function<Throwable, ? extends T> value) {}

  private final List<Rule<T>> rules;

  private Fallback(List<Rule<T>> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * Makes a fallback to one value, for all exceptions.
   *
   * @param value the value; may be null where the type admits it
   * @param <T> its type
   * @return the fallback
   */
  public static <T extends @Nullable Object> Fallback<T> value(T value) {
    return Fallback.<T>builder().otherwise(failure -> value).build();
  }

  /**
   * Makes a fallback that looks at the failure, for all exceptions.
   *
   * @param value gives the value; called on the thread on which the call failed
   * @param <T> its type
   * @return the fallback
   */
  public static <T extends @Nullable Object> Fallback<T> of(
      Function<? super Exception, ? extends T> value) {
    return Fallback.<T>builder().otherwise(value).build();
  }

  /**
   * Starts a fallback with rules.
   *
   * @param <T> the type of the value
   * @return a new builder
   */
  public static <T extends @Nullable Object> Builder<T> builder() {
    return new Builder<>();
  }

  /**
   * Finds what gives the value for a failure.
   *
   * @param failure what a call failed with
   * @return the first rule that fits; null where none does
   */
  public @Nullable Function<Throwable, ? extends T> ruleFor(Throwable failure) {
    for (Rule<T> rule : rules) {
      if (rule.type.isInstance(failure)) {
        return rule.value;
      }
    }
    return null;
  }

  /**
   * Collects rules; they are asked in the order in which they were added. Not thread-safe.
   *
   * @param <T> the type of the value
   */
  public static final class Builder<T extends @Nullable Object> {
    private final List<Rule<T>> rules = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a rule.
     *
     * @param type the failures that it is for, subclasses included
     * @param value gives the value
     * @param <F> the type of the failure
     * @return this builder
     * @throws IllegalArgumentException if an earlier rule is for all of these failures already
     */
    public <F extends Throwable> Builder<T> on(
        Class<F> type, Function<? super F, ? extends T> value) {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(value, "value");
      for (Rule<T> earlier : rules) {
        if (earlier.type.isAssignableFrom(type)) {
          throw new IllegalArgumentException("on(" + type.getSimpleName()
              + ") must come before the rule for " + earlier.type.getSimpleName()
              + ", which takes its failures: " + type.getName());
        }
      }
      rules.add(new Rule<>(type, failure -> value.apply(type.cast(failure))));
      return this;
    }

    /**
     * Adds the rule for all other exceptions, the last.
     *
     * @param value gives the value
     * @return this builder
     * @throws IllegalArgumentException if an earlier rule is for all exceptions already
     */
    public Builder<T> otherwise(Function<? super Exception, ? extends T> value) {
      return on(Exception.class, value);
    }

    /**
     * Builds the fallback.
     *
     * @return the fallback
     * @throws IllegalArgumentException if it has no rule
     */
    public Fallback<T> build() {
      if (rules.isEmpty()) {
        throw new IllegalArgumentException("fallback must have at least one rule: " + rules);
      }
      return new Fallback<>(rules);
    }
  }
}
