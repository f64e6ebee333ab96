/**
 * The API of the fault-tolerance library: policies that wrap a call (circuit breaker, retry, timeout, bulkhead, hedge), the runtime
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
  exports io.aragora.resilience.bulkhead;
  exports io.aragora.resilience.chaos;
  exports io.aragora.resilience.circuitbreaker;
  exports io.aragora.resilience.coalescing;
  exports io.aragora.resilience.concurrencylimit;
  exports io.aragora.resilience.fallback;
  exports io.aragora.resilience.health;
  exports io.aragora.resilience.hedge;
  exports io.aragora.resilience.persistence;
  exports io.aragora.resilience.policy;
  exports io.aragora.resilience.quota;
  exports io.aragora.resilience.ratelimiter;
  exports io.aragora.resilience.reference;
  exports io.aragora.resilience.retry;
  exports io.aragora.resilience.spi;
  exports io.aragora.resilience.time;
  exports io.aragora.resilience.timeout;
  exports io.aragora.resilience.internal to
      io.aragora.resilience.core,
      io.aragora.resilience.grpc,
      io.aragora.resilience.health,
      io.aragora.resilience.http,
      io.aragora.resilience.metrics,
      io.aragora.resilience.micrometer,
      io.aragora.resilience.opentelemetry,
      io.aragora.resilience.persistence,
      io.aragora.resilience.postgresql,
      io.aragora.resilience.redis,
      io.aragora.resilience.resilience4j,
      io.aragora.resilience.spring,
      io.aragora.resilience.testing;
  exports io.aragora.resilience.internal.discovery to
      io.aragora.resilience.core,
      io.aragora.resilience.health,
      io.aragora.resilience.http,
      io.aragora.resilience.metrics,
      io.aragora.resilience.persistence,
      io.aragora.resilience.postgresql;
  exports io.aragora.resilience.internal.runtime to
      io.aragora.resilience.core,
      io.aragora.resilience.resilience4j;

  uses io.aragora.resilience.spi.ContextPropagator;
  uses io.aragora.resilience.EndpointContribution;
  uses io.aragora.resilience.HealthCheckProvider;
  uses io.aragora.resilience.spi.HttpFailureInspector;
  uses io.aragora.resilience.ResilienceExtension;
  uses io.aragora.resilience.internal.runtime.ResilienceProvider;
  uses io.aragora.resilience.persistence.StateStoreProvider;
  uses io.aragora.resilience.quota.QuotaStoreProvider;
}
