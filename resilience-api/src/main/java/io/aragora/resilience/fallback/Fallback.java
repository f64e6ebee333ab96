package io.aragora.resilience.fallback;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The values that replace failures of a call: rules by the type of the failure, of which the first match applies, and
 * one rule for all other exceptions. Rules for results replace results. Immutable.
 *
 * <p>A stopped call (cancelled, interrupted, its runtime closed) has no fallback, because no caller waits for its value.
 * An {@link Error} has one only if a rule names its type. If a rule throws, the call fails with that exception, and the
 * failure of the call is suppressed in it.
 *
 * @param <T> the type of the value
 */
public final class Fallback<T extends @Nullable Object> {
  private record Rule<T extends @Nullable Object>(
      Class<? extends Throwable> type, Function<Throwable, ? extends T> value) {}

  private record ResultRule<T extends @Nullable Object>(
      Predicate<? super T> predicate, Function<? super T, ? extends T> value) {}

  private final List<Rule<T>> rules;
  private final List<ResultRule<T>> resultRules;

  private Fallback(Builder<T> builder) {
    this.rules = List.copyOf(builder.rules);
    this.resultRules = List.copyOf(builder.resultRules);
  }

  /**
   * Creates a fallback with one value for all exceptions.
   *
   * @param value the value; may be null if the type permits it
   * @param <T> its type
   * @return the fallback
   */
  public static <T extends @Nullable Object> Fallback<T> value(T value) {
    return Fallback.<T>builder().otherwise(failure -> value).build();
  }

  /**
   * Creates a fallback with one function for all exceptions.
   *
   * @param value returns the value for a failure; called on the thread on which the call failed
   * @param <T> its type
   * @return the fallback
   */
  public static <T extends @Nullable Object> Fallback<T> of(
      Function<? super Exception, ? extends T> value) {
    return Fallback.<T>builder().otherwise(value).build();
  }

  /**
   * Creates a builder without rules.
   *
   * @param <T> the type of the value
   * @return a new builder
   */
  public static <T extends @Nullable Object> Builder<T> builder() {
    return new Builder<>();
  }

  /**
   * Returns the rule for a failure.
   *
   * @param failure the failure of a call
   * @return the first rule that matches; null if none does
   */
  public @Nullable Function<Throwable, ? extends T> ruleFor(Throwable failure) {
    for (Rule<T> rule : rules) {
      if (rule.type.isInstance(failure)) {
        return rule.value;
      }
    }
    return null;
  }

  /** {@return whether there is a rule for results} */
  public boolean judgesResults() {
    return !resultRules.isEmpty();
  }

  /**
   * Returns the rule for a result.
   *
   * @param result the result of a call
   * @return the first rule whose predicate matches; null if none does
   */
  public @Nullable Function<? super T, ? extends T> ruleForResult(T result) {
    for (ResultRule<T> rule : resultRules) {
      if (rule.predicate.test(result)) {
        return rule.value;
      }
    }
    return null;
  }

  /**
   * Collects rules; they are tested in the order in which they were added. Not thread-safe.
   *
   * @param <T> the type of the value
   */
  public static final class Builder<T extends @Nullable Object> {
    private final List<Rule<T>> rules = new ArrayList<>();
    private final List<ResultRule<T>> resultRules = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a rule.
     *
     * @param type the type of failures, subclasses included
     * @param value returns the value for a failure
     * @param <F> the type of the failure
     * @return this builder
     * @throws IllegalArgumentException if an earlier rule already matches all of these failures
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
     * Adds the last rule, for all other exceptions. Default: none.
     *
     * @param value returns the value for a failure
     * @return this builder
     * @throws IllegalArgumentException if an earlier rule already matches all exceptions
     */
    public Builder<T> otherwise(Function<? super Exception, ? extends T> value) {
      return on(Exception.class, value);
    }

    /**
     * Adds a rule for results of calls that did not fail. Its value is final: no other rule judges it.
     *
     * @param predicate tests a result; if it throws, the call fails with that exception
     * @param value returns the value for a result
     * @return this builder
     */
    public Builder<T> onResult(
        Predicate<? super T> predicate, Function<? super T, ? extends T> value) {
      Objects.requireNonNull(predicate, "predicate");
      Objects.requireNonNull(value, "value");
      resultRules.add(new ResultRule<>(predicate, value));
      return this;
    }

    /**
     * Builds the fallback.
     *
     * @return the fallback
     * @throws IllegalArgumentException if this builder has no rule
     */
    public Fallback<T> build() {
      if (rules.isEmpty() && resultRules.isEmpty()) {
        throw new IllegalArgumentException("fallback must have at least one rule: " + rules);
      }
      return new Fallback<>(this);
    }
  }
}
