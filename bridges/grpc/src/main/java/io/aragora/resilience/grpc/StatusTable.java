package io.aragora.resilience.grpc;

import io.grpc.Status;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * What the status of a call says about the server: whether a circuit breaker counts a success, a failure or nothing, and whether a
 * concurrency limit takes it as a sign of overload. Immutable and thread-safe.
 *
 * <p>By default {@code UNKNOWN}, {@code DEADLINE_EXCEEDED}, {@code INTERNAL}, {@code UNAVAILABLE} and {@code DATA_LOSS} are failures,
 * and so is {@code CANCELLED} unless the caller cancelled the call; {@code RESOURCE_EXHAUSTED} is ignored, since a quota is a
 * matter of rate limiters; every other status is an answer of a server that works, and a success. {@code DEADLINE_EXCEEDED},
 * {@code RESOURCE_EXHAUSTED} and {@code UNAVAILABLE} are signs of overload.
 */
public final class StatusTable {
  private static final StatusTable DEFAULTS = new Builder().build();

  private final Set<Status.Code> failures;
  private final Set<Status.Code> ignored;
  private final Set<Status.Code> overload;

  private StatusTable(Builder builder) {
    this.failures = copy(builder.failures);
    this.ignored = copy(builder.ignored);
    this.overload = copy(builder.overload);
  }

  private static Set<Status.Code> copy(Set<Status.Code> codes) {
    return codes.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(codes));
  }

  /**
   * Returns the default table.
   *
   * @return the table
   */
  public static StatusTable defaults() {
    return DEFAULTS;
  }

  /**
   * Returns a builder that begins with the default table.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns whether a circuit breaker counts a failure.
   *
   * @param code the code of the status
   * @return whether it does
   */
  public boolean isFailure(Status.Code code) {
    return failures.contains(code);
  }

  /**
   * Returns whether a circuit breaker counts nothing.
   *
   * @param code the code of the status
   * @return whether it does not count the call
   */
  public boolean isIgnored(Status.Code code) {
    return ignored.contains(code);
  }

  /**
   * Returns whether a concurrency limit takes the call as a sign of overload.
   *
   * @param code the code of the status
   * @return whether it does
   */
  public boolean isOverload(Status.Code code) {
    return overload.contains(code);
  }

  /** Builds a table. A later line replaces an earlier one. Not thread-safe. */
  public static final class Builder {
    private final Set<Status.Code> failures = EnumSet.of(
        Status.Code.CANCELLED,
        Status.Code.UNKNOWN,
        Status.Code.DEADLINE_EXCEEDED,
        Status.Code.INTERNAL,
        Status.Code.UNAVAILABLE,
        Status.Code.DATA_LOSS);
    private final Set<Status.Code> ignored = EnumSet.of(Status.Code.RESOURCE_EXHAUSTED);
    private final Set<Status.Code> overload = EnumSet.of(
        Status.Code.DEADLINE_EXCEEDED, Status.Code.RESOURCE_EXHAUSTED, Status.Code.UNAVAILABLE);

    private Builder() {}

    /**
     * Lets circuit breakers count these as failures.
     *
     * @param codes the codes; not {@code OK}
     * @return this builder
     * @throws IllegalArgumentException if {@code codes} contains {@code OK}
     */
    public Builder failure(Status.Code... codes) {
      failures.addAll(checked("failure", codes));
      ignored.removeAll(Arrays.asList(codes));
      return this;
    }

    /**
     * Lets circuit breakers count these as successes.
     *
     * @param codes the codes
     * @return this builder
     */
    public Builder success(Status.Code... codes) {
      failures.removeAll(Arrays.asList(codes));
      ignored.removeAll(Arrays.asList(codes));
      return this;
    }

    /**
     * Lets circuit breakers count nothing for these.
     *
     * @param codes the codes; not {@code OK}
     * @return this builder
     * @throws IllegalArgumentException if {@code codes} contains {@code OK}
     */
    public Builder ignore(Status.Code... codes) {
      ignored.addAll(checked("ignore", codes));
      failures.removeAll(Arrays.asList(codes));
      return this;
    }

    /**
     * Sets all signs of overload, and replaces the default ones.
     *
     * @param codes the codes; not {@code OK}; none if no status is a sign of overload
     * @return this builder
     * @throws IllegalArgumentException if {@code codes} contains {@code OK}
     */
    public Builder overload(Status.Code... codes) {
      overload.clear();
      overload.addAll(checked("overload", codes));
      return this;
    }

    private static Set<Status.Code> checked(String setting, Status.Code... codes) {
      Set<Status.Code> all = EnumSet.noneOf(Status.Code.class);
      for (Status.Code code : codes) {
        all.add(Objects.requireNonNull(code, setting));
      }
      if (all.contains(Status.Code.OK)) {
        throw new IllegalArgumentException(setting + " must not contain OK: " + all);
      }
      return all;
    }

    /**
     * Creates the table.
     *
     * @return the table
     */
    public StatusTable build() {
      return new StatusTable(this);
    }
  }
}
