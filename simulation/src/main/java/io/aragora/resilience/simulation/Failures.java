package io.aragora.resilience.simulation;

/** What simulated bodies throw. Each is thrown once, so its identity says which attempt of which call it came from. */
final class Failures {
  private Failures() {}

  /** A failure that retries and breakers take for one. */
  static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    Broken(String message) {
      super(message, null, true, false);
    }
  }

  /** A failure that breakers ignore and retries abort on. */
  static final class Ignored extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Ignored(String message) {
      super(message, null, true, false);
    }
  }

  /** An error. */
  static final class Fatal extends Error {
    private static final long serialVersionUID = 1L;

    Fatal(String message) {
      super(message, null, true, false);
    }
  }

  /** What a foreign function throws that is no body: a predicate, a listener, a store. */
  static final class Foreign extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Foreign(String message) {
      super(message, null, true, false);
    }
  }
}
