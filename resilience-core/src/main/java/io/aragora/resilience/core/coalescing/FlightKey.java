package io.aragora.resilience.core.coalescing;

import org.jspecify.annotations.Nullable;

/**
 * The key of a flight. Its hash code is computed once, so a key that changes meanwhile cannot strand the entry of its flight, and the
 * map finds this very object before it compares it with others. Immutable.
 *
 * @param <K> the type of the key
 */
final class FlightKey<K> {
  private final K key;
  private final int hash;

  FlightKey(K key) {
    this.key = key;
    this.hash = key.hashCode();
  }

  K key() {
    return key;
  }

  /** Returns a key that a map finds by this very object, so no method of the application's keys runs. */
  Object itself() {
    return new Itself(this);
  }

  private record Itself(FlightKey<?> key) {
    @Override
    @SuppressWarnings("ReferenceEquality") // its purpose
    public boolean equals(@Nullable Object other) {
      return other == key || (other instanceof Itself that && that.key == key);
    }

    @Override
    public int hashCode() {
      return key.hash;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof FlightKey<?> that && hash == that.hash && key.equals(that.key));
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
