/**
 * The health of a runtime over HTTP: liveness, readiness and startup for an orchestrator, and the pages that other modules
 * contribute.
 */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.health {
  requires transitive io.aragora.resilience;

  exports io.aragora.resilience.health.endpoint;

  provides io.aragora.resilience.ResilienceExtension with
      io.aragora.resilience.health.endpoint.HealthEndpoint;
}
