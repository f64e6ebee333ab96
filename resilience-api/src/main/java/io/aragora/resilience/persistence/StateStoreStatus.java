package io.aragora.resilience.persistence;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The status of a state store. Immutable and thread-safe.
 */
public final class StateStoreStatus {
  /** The status if no store is configured. */
  public static final StateStoreStatus NONE = StateStoreStatus.builder("none").build();

  private final String location;
  private final int pending;
  private final long saved;
  private final long failures;
  private final @Nullable String lastError;
  private final @Nullable Instant failingSince;
  private final @Nullable Instant lastSavedAt;

  private StateStoreStatus(Builder builder) {
    this.location = builder.location;
    this.pending = builder.pending;
    this.saved = builder.saved;
    this.failures = builder.failures;
    this.lastError = builder.lastError;
    this.failingSince = builder.failingSince;
    this.lastSavedAt = builder.lastSavedAt;
  }

  /**
   * Creates a builder.
   *
   * @param location the location of the store
   * @return a new builder
   */
  public static Builder builder(String location) {
    return new Builder(location);
  }

  /** {@return the location of the store; "none" if the state ends with the runtime} */
  public String location() {
    return location;
  }

  /** {@return the number of breakers that changed and are not saved yet} */
  public int pending() {
    return pending;
  }

  /** {@return the number of states written since the start} */
  public long saved() {
    return saved;
  }

  /** {@return the number of writes and reads that failed since the start} */
  public long failures() {
    return failures;
  }

  /**
   * {@return the message of the last failure; null if the last write succeeded and the store receives the changes of other processes, if
   * it shares them}
   */
  public @Nullable String lastError() {
    return lastError;
  }

  /** {@return the time of the first failure since the last success; null if {@link #lastError()} is null} */
  public @Nullable Instant failingSince() {
    return failingSince;
  }

  /** {@return the time of the last successful write; null before the first} */
  public @Nullable Instant lastSavedAt() {
    return lastSavedAt;
  }

  /**
   * Creates a builder with the values of this object.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    return new Builder(location)
        .pending(pending)
        .saved(saved)
        .failures(failures)
        .lastError(lastError)
        .failingSince(failingSince)
        .lastSavedAt(lastSavedAt);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StateStoreStatus that
        && location.equals(that.location)
        && pending == that.pending
        && saved == that.saved
        && failures == that.failures
        && Objects.equals(lastError, that.lastError)
        && Objects.equals(failingSince, that.failingSince)
        && Objects.equals(lastSavedAt, that.lastSavedAt);
  }

  @Override
  public int hashCode() {
    return Objects.hash(location, pending, saved, failures, lastError, failingSince, lastSavedAt);
  }

  @Override
  public String toString() {
    return "StateStoreStatus[location=" + location + ", pending=" + pending + ", saved=" + saved
        + ", failures=" + failures + ", lastError=" + lastError + ", failingSince=" + failingSince
        + ", lastSavedAt=" + lastSavedAt + "]";
  }

  /** Builds a {@link StateStoreStatus}. Not thread-safe. */
  public static final class Builder {
    private final String location;
    private int pending;
    private long saved;
    private long failures;
    private @Nullable String lastError;
    private @Nullable Instant failingSince;
    private @Nullable Instant lastSavedAt;

    private Builder(String location) {
      this.location = location;
    }

    /** Sets {@link StateStoreStatus#pending()}. Default 0. */
    public Builder pending(int pending) {
      this.pending = pending;
      return this;
    }

    /** Sets {@link StateStoreStatus#saved()}. Default 0. */
    public Builder saved(long saved) {
      this.saved = saved;
      return this;
    }

    /** Sets {@link StateStoreStatus#failures()}. Default 0. */
    public Builder failures(long failures) {
      this.failures = failures;
      return this;
    }

    /** Sets {@link StateStoreStatus#lastError()}. Default none. */
    public Builder lastError(@Nullable String lastError) {
      this.lastError = lastError;
      return this;
    }

    /** Sets {@link StateStoreStatus#failingSince()}. Default none. */
    public Builder failingSince(@Nullable Instant failingSince) {
      this.failingSince = failingSince;
      return this;
    }

    /** Sets {@link StateStoreStatus#lastSavedAt()}. Default none. */
    public Builder lastSavedAt(@Nullable Instant lastSavedAt) {
      this.lastSavedAt = lastSavedAt;
      return this;
    }

    /** {@return the value, which is immutable} */
    public StateStoreStatus build() {
      return new StateStoreStatus(this);
    }
  }
}
