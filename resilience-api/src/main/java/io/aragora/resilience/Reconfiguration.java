package io.aragora.resilience;

import java.util.List;

/** The result of {@link Resilience#reconfigure}. Immutable and thread-safe. */
public final class Reconfiguration {
  private final List<String> changed;
  private final List<String> kept;

  private Reconfiguration(List<String> changed, List<String> kept) {
    this.changed = List.copyOf(changed);
    this.kept = List.copyOf(kept);
  }

  /**
   * Creates the result of a change.
   *
   * @param changed the policies that have other settings now, such as {@code circuit breaker 'prices'}; copied
   * @param kept the policies that keep their settings until there is a new runtime; copied
   * @return the result
   */
  public static Reconfiguration of(List<String> changed, List<String> kept) {
    return new Reconfiguration(changed, kept);
  }

  /** {@return the policies that have other settings now, such as {@code circuit breaker 'prices'}; unmodifiable} */
  public List<String> changed() {
    return changed;
  }

  /**
   * {@return the policies that have other settings outside the code, and keep the present ones until there is a new runtime:
   * pipelines, keyed circuit breakers and chaos; unmodifiable}
   */
  public List<String> kept() {
    return kept;
  }

  @Override
  public String toString() {
    return "changed " + changed + ", kept " + kept;
  }
}
