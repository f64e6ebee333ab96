package io.aragora.resilience.jmh.soak;

/** What calls of a soak fail with: without a stack trace, which would be most of its bytes. */
final class SoakFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SoakFailure() {
    super("not yet", null, false, false);
  }
}
