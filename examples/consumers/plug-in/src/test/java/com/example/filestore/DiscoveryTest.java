package com.example.filestore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.HealthStatus;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A runtime finds both plug-ins; run on the module path and on the class path. */
class DiscoveryTest {
  @TempDir
  Path folder;

  @Test
  void theTest_runsOnThePathThatTheBuildSays() {
    assertEquals(
        System.getProperty("expected.path").equals("module"),
        FileStateStoreProvider.class.getModule().isNamed());
  }

  @Test
  void theStore_isFoundByItsScheme() {
    String location = "file:" + folder.resolve("breakers");
    try (Resilience first = Resilience.builder().stateStore(location).build()) {
      first.circuitBreaker("prices").forceOpen();
    }
    try (Resilience second = Resilience.builder().stateStore(location).build()) {
      assertEquals(
          CircuitBreakerState.FORCED_OPEN, second.circuitBreaker("prices").state());
    }
  }

  @Test
  void theCheck_isRunByEveryRuntime() {
    try (Resilience resilience = Resilience.create()) {
      assertTrue(resilience.health().names().contains("disk-space"));
      assertEquals(
          HealthStatus.HEALTHY,
          resilience.health().checkAll().checks().get("disk-space").status());
    }
  }
}
