package io.aragora.resilience.simulation;

/** Something that must always hold did not. */
final class Violation extends AssertionError {
  private static final long serialVersionUID = 1L;

  private final String rule;

  /**
   * Creates a violation.
   *
   * @param rule the rule; a shorter life that violates the same one shows the same fault
   * @param seen what was seen instead
   */
  Violation(String rule, String seen) {
    super(rule + ": " + seen);
    this.rule = rule;
  }

  Violation(String rule, Throwable cause) {
    super(rule + ": " + cause, cause);
    this.rule = rule;
  }

  String rule() {
    return rule;
  }
}
