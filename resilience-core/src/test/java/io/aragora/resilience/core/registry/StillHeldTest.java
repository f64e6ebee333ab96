package io.aragora.resilience.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StillHeldTest {
  private final StillHeld<Object, String> held = new StillHeld<>();

  @Test
  void find_givesTheSameObject_andItsNote() {
    Object value = new Object();
    held.add("a", value, "note");
    assertThat(Objects.requireNonNull(held.find("a")).get()).isSameAs(value);
    assertThat(Objects.requireNonNull(held.find("a")).note()).isEqualTo("note");
    assertThat(held.find("b")).isNull();
  }

  @Test
  @Tag("fault-33")
  @DisplayName("collected values leave no entry behind")
  void size_forgetsWhatWasCollected() {
    Object value = new Object();
    held.add("held", value, "");
    held.add("dropped", new Object(), "");
    // What the collector does, at a time that a test can choose.
    Objects.requireNonNull(held.find("dropped")).enqueue();
    assertThat(held.size()).isEqualTo(1);
    assertThat(held.find("dropped")).isNull();
    assertThat(Objects.requireNonNull(held.find("held")).get()).isSameAs(value);
  }

  @Test
  void size_keepsASuccessorOfTheSameName() {
    held.add("a", new Object(), "");
    StillHeld.Entry<Object, String> first = Objects.requireNonNull(held.find("a"));
    Object second = new Object();
    held.add("a", second, "");
    first.enqueue();
    assertThat(held.size()).isEqualTo(1);
    assertThat(Objects.requireNonNull(held.find("a")).get()).isSameAs(second);
  }
}
