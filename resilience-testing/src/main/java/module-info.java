/**
 * What tests need: {@link io.aragora.resilience.testing.ManualTime}, a time that passes when the test says so, and suites
 * that plug-ins run against their own classes. For test scope; applications do not ship it.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.testing {
  requires transitive io.aragora.resilience;

  exports io.aragora.resilience.testing;
}
