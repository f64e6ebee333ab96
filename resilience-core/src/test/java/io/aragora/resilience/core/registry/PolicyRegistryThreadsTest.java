package io.aragora.resilience.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.AtOnce;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The registry under many threads at once. */
class PolicyRegistryThreadsTest extends PolicyRegistryFixture {
  @Test
  @Tag("RG-14")
  @DisplayName("20 threads and 20 names create 20 policies")
  void threads_differentNames() throws InterruptedException {
    PolicyRegistry<FakePolicy, String> shared = registry(20);
    List<FakePolicy> found = AtOnce.call(20, i -> shared.get("p" + i));
    assertThat(new HashSet<>(found)).hasSize(20);
    assertThat(shared.all()).containsExactlyInAnyOrderElementsOf(found);
  }

  @Test
  @Tag("RG-14")
  @DisplayName("10 threads and one name create one policy")
  void threads_sameName() throws InterruptedException {
    List<FakePolicy> found = AtOnce.call(10, i -> registry.declare("a", "one"));
    assertThat(new HashSet<>(found)).hasSize(1);
    assertThat(made).hasValue(1);
  }

  @Test
  @Tag("RG-14")
  @DisplayName("five threads that prune 50 stale policies at once count 50 in total")
  void threads_prune() throws InterruptedException {
    for (int round = 0; round < 20; round++) {
      PolicyRegistry<FakePolicy, String> shared = registry(100);
      for (int i = 0; i < 50; i++) {
        shared.get("old" + i);
      }
      time.advance(DAY.plus(SECOND));
      for (int i = 0; i < 20; i++) {
        shared.get("new" + i);
      }
      List<Integer> counts = AtOnce.call(5, i -> shared.prune());
      assertThat(counts.stream().mapToInt(Integer::intValue).sum()).isEqualTo(50);
      assertThat(shared.all()).hasSize(20);
    }
  }

  @Test
  @Tag("RG-11")
  @Tag("RG-14")
  @Tag("fault-26")
  @DisplayName("the bound holds for any number of simultaneous look-ups")
  void threads_bound() throws InterruptedException {
    List<Boolean> admitted = AtOnce.call(50, i -> {
      try {
        registry.get("p" + i);
        return true;
      } catch (ResilienceConfigurationException e) {
        return false;
      }
    });
    assertThat(admitted.stream().filter(Predicate.isEqual(true))).hasSize(MAX);
    assertThat(registry.all()).hasSize(MAX);
  }

  @Test
  @Tag("RG-14")
  @Tag("fault-24")
  @DisplayName(
      "a name that is looked up and pruned at once is never created twice while it is held")
  void threads_pruneAndLookUp() throws InterruptedException {
    FakePolicy held = registry.get("a");
    List<Boolean> same = AtOnce.call(8, thread -> {
      boolean all = true;
      for (int i = 0; i < 2000; i++) {
        if (thread == 0) {
          time.advance(DAY.plus(SECOND));
        }
        if (thread % 2 == 0) {
          registry.prune();
        } else {
          all &= registry.get("a") == held;
        }
      }
      return all;
    });
    assertThat(same).hasSize(8).containsOnly(true);
    assertThat(made).hasValue(1);
  }
}
