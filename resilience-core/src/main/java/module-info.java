/**
 * The runtime: breakers, retries, timeouts, the timer, the health engine. Exports nothing; found by
 * ServiceLoader.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.core {
  requires io.aragora.resilience;
  requires static jdk.jfr;
  requires org.jctools.core.jdk11;

  provides io.aragora.resilience.internal.runtime.ResilienceProvider with
      io.aragora.resilience.core.CoreResilienceProvider;
  provides io.aragora.resilience.persistence.StateStoreProvider with
      io.aragora.resilience.core.persistence.MemoryStateStoreProvider;
}
