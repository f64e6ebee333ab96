/**
 * The API of the fault-tolerance library: policies that wrap a call (circuit breaker, retry, timeout), the runtime
 * that owns them, health checks, saved breaker state, and the interfaces that plug-ins implement.
 *
 * <p>An application requires this module and has {@code io.aragora.resilience.core} on its module path or class path at
 * run time; {@link io.aragora.resilience.Resilience#builder()} finds it.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // the modules that share internals are compiled after this one
module io.aragora.resilience {
  requires static transitive org.jspecify;

  exports io.aragora.resilience;
  exports io.aragora.resilience.annotation;
  exports io.aragora.resilience.circuitbreaker;
  exports io.aragora.resilience.fallback;
  exports io.aragora.resilience.health;
  exports io.aragora.resilience.persistence;
  exports io.aragora.resilience.retry;
  exports io.aragora.resilience.spi;
  exports io.aragora.resilience.time;
  exports io.aragora.resilience.timeout;
  exports io.aragora.resilience.internal to
      io.aragora.resilience.core,
      io.aragora.resilience.health,
      io.aragora.resilience.http,
      io.aragora.resilience.metrics,
      io.aragora.resilience.persistence,
      io.aragora.resilience.postgresql;

  uses io.aragora.resilience.spi.ContextPropagator;
  uses io.aragora.resilience.spi.EndpointContribution;
  uses io.aragora.resilience.spi.HealthCheckProvider;
  uses io.aragora.resilience.spi.HttpFailureInspector;
  uses io.aragora.resilience.spi.ResilienceExtension;
  uses io.aragora.resilience.spi.ResilienceProvider;
  uses io.aragora.resilience.spi.StateStoreProvider;
}
