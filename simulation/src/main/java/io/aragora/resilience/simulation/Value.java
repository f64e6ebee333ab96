package io.aragora.resilience.simulation;

/**
 * What a body returns. No record: two are never equal.
 */
final class Value {
  private final String text;
  private final boolean bad;

  Value(String text, boolean bad) {
    this.text = text;
    this.bad = bad;
  }

  /** Whether predicates for results take it for a failure. */
  boolean isBad() {
    return bad;
  }

  @Override
  public String toString() {
    return text;
  }
}
