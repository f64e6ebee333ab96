package io.aragora.resilience.core.proxy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import java.lang.invoke.MethodHandles;
import org.junit.jupiter.api.AfterEach;

/** A runtime whose waits end at once, and proxies of interfaces that only the test sees. */
abstract class ProxyFixture {
  final ManualTime time = ManualTime.create().autoAdvance(true);
  final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  <T> T proxy(Class<T> type, T target) {
    return resilience.proxy(type, target, MethodHandles.lookup());
  }
}
