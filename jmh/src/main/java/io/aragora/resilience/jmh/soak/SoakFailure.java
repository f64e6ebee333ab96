package io.aragora.resilience.jmh.soak;

/** The failure of a soak's calls, without a stack trace, which would need most of its bytes. */
final class SoakFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SoakFailure() {
    super("not yet", null, false, false);
  }
}
