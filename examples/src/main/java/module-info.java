/** Example programs; not for use as a dependency. */
@org.jspecify.annotations.NullMarked
module io.aragora.resilience.examples {
  requires io.aragora.resilience;
  requires io.aragora.resilience.health;
  requires io.aragora.resilience.http;
  requires io.aragora.resilience.testing;
  requires java.logging;
  requires java.management;
  requires java.net.http;
  requires jdk.httpserver;

  uses io.aragora.resilience.persistence.StateStoreProvider;

  provides io.aragora.resilience.HealthCheckProvider with
      io.aragora.resilience.examples.plugin.DeadlockCheck;
}
