/**
 * Support for tests: {@link io.aragora.resilience.testing.ManualTime}, a time that tests advance, and suites that
 * plug-ins run against their own classes. For test scope only. The suites need JUnit Jupiter, {@code ManualTime} does
 * not.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.testing {
  requires transitive io.aragora.resilience;
  requires static org.junit.jupiter.api;

  exports io.aragora.resilience.testing;

  // The cases of the suites are package-private.
  opens io.aragora.resilience.testing to
      org.junit.platform.commons;
}
