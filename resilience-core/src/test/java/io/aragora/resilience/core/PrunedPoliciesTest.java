package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class PrunedPoliciesTest {
  private final PrunedPolicies<Object, String> pruned = new PrunedPolicies<>();

  @Test
  void find_givesTheSameObject_andItsDeclaration() {
    Object policy = new Object();
    pruned.add("a", policy, "declared");
    assertThat(Objects.requireNonNull(pruned.find("a")).get()).isSameAs(policy);
    assertThat(Objects.requireNonNull(pruned.find("a")).declared).isEqualTo("declared");
    assertThat(pruned.find("b")).isNull();
  }

  @Test
  @DisplayName("fault 33: what was collected leaves nothing behind")
  void size_forgetsWhatWasCollected() {
    Object held = new Object();
    pruned.add("held", held, null);
    pruned.add("dropped", new Object(), null);
    // What the collector does, at a time that a test can choose.
    Objects.requireNonNull(pruned.find("dropped")).enqueue();
    assertThat(pruned.size()).isEqualTo(1);
    assertThat(pruned.find("dropped")).isNull();
    assertThat(Objects.requireNonNull(pruned.find("held")).get()).isSameAs(held);
  }

  @Test
  void size_keepsASuccessorOfTheSameName() {
    pruned.add("a", new Object(), null);
    PrunedPolicies.Pruned<Object, String> first = Objects.requireNonNull(pruned.find("a"));
    Object second = new Object();
    pruned.add("a", second, null);
    first.enqueue();
    assertThat(pruned.size()).isEqualTo(1);
    assertThat(Objects.requireNonNull(pruned.find("a")).get()).isSameAs(second);
  }
}
