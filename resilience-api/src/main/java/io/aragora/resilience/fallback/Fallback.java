package io.aragora.resilience.fallback;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The values that replace failures of a call: rules by the type of the failure, of which the first match applies, and
 * one rule for all other exceptions. Rules for results replace results. Immutable.
 *
 * <p>A stopped call (cancelled, interrupted, its runtime closed) has no fallback, because no caller waits for its value.
 * An {@link Error} has one only if a rule names its type. So has a {@link CancellationException} of the body: a rule must name that
 * class or a subclass of it. If a rule throws, the call fails with that exception, and the
 * failure of the call is suppressed in it.
 *
 * <p>An asynchronous rule returns a stage. It applies to {@code callAsync} and {@code submit} only; a synchronous call
 * skips it and uses the next rule that matches. It runs on the executor for attempts ({@link
 * io.aragora.resilience.ResilienceBuilder#executor}); if the call is cancelled, so is its stage.
 *
 * @param <T> the type of the value
 */
public final class Fallback<T extends @Nullable Object> {
  /** A rule has a value, or it is asynchronous and has a stage. */
  private record Rule<T extends @Nullable Object>(
      Class<? extends Throwable> type,
      @Nullable Function<Throwable, ? extends T> value,
      @Nullable Function<Throwable, ? extends CompletionStage<? extends T>> stage) {
    boolean matches(Throwable failure, Class<? extends Throwable> bound) {
      return type.isInstance(failure) && bound.isAssignableFrom(type);
    }
  }

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
   * Creates a fallback with one asynchronous function for all exceptions of asynchronous calls.
   *
   * @param stage starts the work that returns the value for a failure; called on the executor for attempts
   * @param <T> its type
   * @return the fallback
   */
  public static <T extends @Nullable Object> Fallback<T> ofAsync(
      Function<? super Exception, ? extends CompletionStage<? extends T>> stage) {
    return Fallback.<T>builder().otherwiseAsync(stage).build();
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
   * Returns the rule for a failure that has a value.
   *
   * @param failure the failure of a call
   * @return the first rule that matches and is not asynchronous; null if none does
   */
  public @Nullable Function<Throwable, ? extends T> ruleFor(Throwable failure) {
    return ruleFor(failure, Throwable.class);
  }

  /**
   * Returns the rule for a cancellation that the body reported, and that has a value.
   *
   * @param failure the failure of a call
   * @return the first rule that matches, is for {@link CancellationException} or a subclass of it, and is not asynchronous; null if
   *     none does
   */
  public @Nullable Function<Throwable, ? extends T> ruleForCancellation(Throwable failure) {
    return ruleFor(failure, CancellationException.class);
  }

  private @Nullable Function<Throwable, ? extends T> ruleFor(
      Throwable failure, Class<? extends Throwable> bound) {
    for (Rule<T> rule : rules) {
      if (rule.value != null && rule.matches(failure, bound)) {
        return rule.value;
      }
    }
    return null;
  }

  /**
   * Returns the asynchronous rule for a failure of an asynchronous call.
   *
   * @param failure the failure of a call
   * @return the first rule that matches, if it is asynchronous; else null, and {@link #ruleFor} applies
   */
  public @Nullable Function<Throwable, ? extends CompletionStage<? extends T>> asyncRuleFor(
      Throwable failure) {
    return asyncRuleFor(failure, Throwable.class);
  }

  /**
   * Returns the asynchronous rule for a cancellation that the body of an asynchronous call reported.
   *
   * @param failure the failure of a call
   * @return the first rule that matches and is for {@link CancellationException} or a subclass of it, if it is asynchronous; else null,
   *     and {@link #ruleForCancellation} applies
   */
  public @Nullable Function<Throwable, ? extends CompletionStage<? extends T>>
      asyncRuleForCancellation(Throwable failure) {
    return asyncRuleFor(failure, CancellationException.class);
  }

  private @Nullable Function<Throwable, ? extends CompletionStage<? extends T>> asyncRuleFor(
      Throwable failure, Class<? extends Throwable> bound) {
    for (Rule<T> rule : rules) {
      if (rule.matches(failure, bound)) {
        return rule.stage;
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
      checkReached("on", type, false);
      rules.add(new Rule<>(type, failure -> value.apply(type.cast(failure)), null));
      return this;
    }

    /**
     * Adds an asynchronous rule, for asynchronous calls only. A synchronous rule for the same type may follow it.
     *
     * @param type the type of failures, subclasses included
     * @param stage starts the work that returns the value for a failure; called on the executor for attempts
     * @param <F> the type of the failure
     * @return this builder
     * @throws IllegalArgumentException if an earlier rule already matches all of these failures
     */
    public <F extends Throwable> Builder<T> onAsync(
        Class<F> type, Function<? super F, ? extends CompletionStage<? extends T>> stage) {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(stage, "stage");
      checkReached("onAsync", type, true);
      rules.add(new Rule<>(type, null, failure -> stage.apply(type.cast(failure))));
      return this;
    }

    private void checkReached(String method, Class<?> type, boolean isAsync) {
      for (Rule<T> earlier : rules) {
        boolean takesTheseCalls = earlier.value != null || isAsync;
        if (takesTheseCalls && earlier.type.isAssignableFrom(type)) {
          throw new IllegalArgumentException(method + "(" + type.getSimpleName()
              + ") must come before the rule for " + earlier.type.getSimpleName()
              + ", which takes its failures: " + type.getName());
        }
      }
    }

    /**
     * Adds the last asynchronous rule, for all other exceptions of asynchronous calls. Default: none.
     *
     * @param stage starts the work that returns the value for a failure; called on the executor for attempts
     * @throws IllegalArgumentException if an earlier rule already matches all exceptions
     */
    public Builder<T> otherwiseAsync(
        Function<? super Exception, ? extends CompletionStage<? extends T>> stage) {
      return onAsync(Exception.class, stage);
    }

    /**
     * Adds the last rule, for all other exceptions. Default: none.
     *
     * @param value returns the value for a failure
     * @throws IllegalArgumentException if an earlier rule already matches all exceptions
     */
    public Builder<T> otherwise(Function<? super Exception, ? extends T> value) {
      return on(Exception.class, value);
    }

    /**
     * Adds a rule for results of calls that did not fail. Its value is final: no other rule judges it.
     *
     * @param predicate tests a result; if it throws, the result is returned, and a line is logged once
     * @param value returns the value for a result; if it throws, the call fails with that exception
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
