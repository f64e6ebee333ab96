package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.Faults;
import io.aragora.resilience.persistence.StateStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A runtime whose start fails, at each step in turn. What it has opened is closed. */
class FailedStartTest {
  @ParameterizedTest
  @MethodSource("io.aragora.resilience.core.Faults#everyKind")
  void start_fails_closesTheStore(Throwable kind) throws Exception {
    int steps = Faults.eachInTurn(kind, faults -> {
      MemoryStateStore kept = new MemoryStateStore(10);
      List<String> calls = new ArrayList<>();
      StateStore store = (StateStore) Proxy.newProxyInstance(
          StateStore.class.getClassLoader(),
          new Class<?>[] {StateStore.class},
          (proxy, method, arguments) -> {
            calls.add(method.getName());
            try {
              return method.invoke(kept, arguments);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          });
      List<Resilience> built = new ArrayList<>();
      faults.whileArmed(() -> built.add(Resilience.builder()
          .timeSource(faults.time())
          .stateStore(store)
          .property("resilience.chaos.enabled", "true")
          .property("resilience.chaos.startFor", "1m")
          .build()));
      if (built.isEmpty()) {
        assertThat(calls.contains("close")).isEqualTo(calls.contains("load"));
      } else {
        assertThat(calls).doesNotContain("close");
        built.get(0).close();
        assertThat(calls).contains("close");
      }
    });
    assertThat(steps).isGreaterThan(3);
  }
}
