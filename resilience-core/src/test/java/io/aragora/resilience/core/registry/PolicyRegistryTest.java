package io.aragora.resilience.core.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The registry by itself. */
class PolicyRegistryTest extends PolicyRegistryFixture {
  // ---- by name

  @Test
  @Tag("RG-01")
  @DisplayName(
      "an unknown name creates a policy, the same name returns it, another name another one")
  void get_byName() {
    FakePolicy a = registry.get("a");
    assertThat(registry.get("a")).isSameAs(a);
    assertThat(registry.get("b")).isNotSameAs(a);
    assertThat(made).hasValue(2);
  }

  @Test
  @Tag("RG-08")
  @DisplayName("the list is a copy")
  void all_isACopy() {
    registry.get("a");
    Collection<FakePolicy> listed = registry.all();
    assertThatThrownBy(listed::clear).isInstanceOf(UnsupportedOperationException.class);
    registry.get("b");
    assertThat(listed).hasSize(1);
    assertThat(names()).containsExactly("a", "b");
  }

  // ---- declarations

  @Test
  @Tag("RG-03")
  @Tag("fault-27")
  @DisplayName("a second declaration that differs is an error that shows both")
  void declare_twice_differently() {
    FakePolicy first = registry.declare("a", "one");
    assertThat(registry.declare("a", "one")).isSameAs(first);
    assertThatThrownBy(() -> registry.declare("a", "two"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageMatching("fake 'a' is already declared with config=one \\(at .*\\); this"
            + " declaration has config=two \\(at .*\\)");
    assertThat(registry.get("a")).isSameAs(first);
    assertThat(first.config).isEqualTo("one");
  }

  @Test
  @Tag("fault-27")
  @DisplayName("declarations are compared, not the present config of the policy")
  void declare_comparesDeclarations() {
    FakePolicy policy =
        registry.declare("a", "one", declared -> declared + " and the environment", null);
    assertThat(policy.config).isEqualTo("one and the environment");
    policy.config = "reconfigured";
    assertThat(registry.declare("a", "one", declared -> "asked again", null)).isSameAs(policy);
    assertThat(policy.config).isEqualTo("reconfigured");
    assertThatThrownBy(() -> registry.declare("a", "reconfigured"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("with config=one", "config=reconfigured");
  }

  @Test
  void declare_afterLookUp_configures() {
    FakePolicy policy = registry.get("a");
    assertThat(policy.config).isEqualTo("undeclared");
    assertThat(registry.declare("a", "one", declared -> declared + " plus", null))
        .isSameAs(policy);
    assertThat(policy.config).isEqualTo("one plus");
    assertThatThrownBy(() -> registry.declare("a", "undeclared"))
        .isInstanceOf(ResilienceConfigurationException.class);
  }

  @Test
  @Tag("RG-04")
  @DisplayName("a creation that fails leaves no trace, and the registry stays usable")
  void declare_thatFails_leavesNothing() {
    assertThatThrownBy(() -> registry.declare(
            "a",
            "bad",
            declared -> {
              throw new IllegalArgumentException("failureThreshold must be at least 1: 0");
            },
            null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> registry.get(" ")).isInstanceOf(IllegalArgumentException.class);
    assertThat(registry.all()).isEmpty();
    assertThat(registry.declare("a", "good").config).isEqualTo("good");
  }

  // ---- going stale

  @Test
  @Tag("RG-09")
  @DisplayName("a policy is evicted after 24 h and a second without use, not before")
  void prune_afterADay() {
    registry.get("a");
    time.advance(DAY.minusNanos(1));
    assertThat(registry.prune()).isZero();
    assertThat(names()).containsExactly("a");
    time.advance(SECOND.plusNanos(1));
    assertThat(registry.prune()).isEqualTo(1);
    assertThat(registry.all()).isEmpty();
    assertThat(registry.prune()).isZero();
  }

  @Test
  @Tag("RG-09")
  @DisplayName(
      "at any offset to full seconds, none is evicted before 24 h, and none stays longer than "
          + "a second more")
  void prune_neverTooEarly() {
    time.advance(Duration.ofMillis(999));
    registry.get("a");
    time.advance(DAY);
    registry.get("b");
    assertThat(registry.prune()).isZero();
    time.advance(SECOND);
    assertThat(registry.prune()).isEqualTo(1);
    assertThat(names()).containsExactly("b");
  }

  @Test
  @Tag("RG-09")
  @DisplayName("only stale policies of a mixture are evicted")
  void prune_mixture() {
    assertThat(registry.prune()).isZero();
    fill(0, 3);
    time.advance(DAY.plus(SECOND));
    fill(3, 5);
    assertThat(registry.prune()).isEqualTo(3);
    assertThat(names()).containsExactly("p3", "p4");
    time.advance(DAY.plus(SECOND));
    assertThat(registry.prune()).isEqualTo(2);
  }

  @Test
  @Tag("RG-06")
  @DisplayName("a look-up or a repeated declaration refreshes the last access")
  void lookUp_refreshes() {
    registry.get("a");
    registry.declare("b", "one");
    registry.get("c");
    time.advance(DAY.minus(SECOND));
    registry.get("a");
    registry.declare("b", "one");
    time.advance(SECOND.multipliedBy(2));
    assertThat(registry.prune()).isEqualTo(1);
    assertThat(names()).containsExactly("a", "b");
  }

  @Test
  @Tag("fault-24")
  @DisplayName("the use of a policy refreshes its last access")
  void use_refreshes() {
    FakePolicy used = registry.get("used");
    registry.get("unused");
    time.advance(DAY);
    used.idleSince = time.nanoTime();
    time.advance(SECOND);
    assertThat(registry.prune()).isEqualTo(1);
    assertThat(names()).containsExactly("used");
  }

  @Test
  @Tag("RG-13")
  @Tag("fault-25")
  @DisplayName(
      "a policy that is open or in use is never evicted, however long ago it was looked up")
  void prune_leavesWhatMustStay() {
    registry.get("open").mustStay();
    time.advance(DAY.multipliedBy(30));
    assertThat(registry.prune()).isZero();
    assertThat(names()).containsExactly("open");
  }

  @Test
  void never_nothingGoes() {
    PolicyRegistry<String, String> retries = new PolicyRegistry<>(
        text -> new PolicyKind<String, String>() {
          @Override
          protected String make(String name, String config) {
            return name;
          }

          @Override
          protected DeclaredSettings settings(String config) {
            return declared(config);
          }
        },
        "retry",
        null,
        1,
        Staleness.never());
    retries.declare("a", "x");
    time.advance(DAY.multipliedBy(30));
    assertThat(retries.prune()).isZero();
    assertThatThrownBy(() -> retries.declare("b", "x"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("maxPolicies=1 of them.")
        .hasMessageNotContaining("stale");
  }

  // ---- the bound

  @Test
  @Tag("RG-11")
  @DisplayName("in a full registry with a stale half, a new name evicts that half")
  void full_halfStale() {
    fill(0, MAX / 2);
    time.advance(DAY.plus(SECOND));
    fill(MAX / 2, MAX);
    FakePolicy added = registry.get("new");
    assertThat(registry.all()).hasSize(MAX / 2 + 1).contains(added);
    assertThat(names()).doesNotContain("p0", "p4").contains("p5", "p9", "new");
  }

  @Test
  @Tag("RG-12")
  @Tag("fault-26")
  @DisplayName(
      "in a full registry with none stale, a new name is an error that names the bound, and "
          + "known names still work")
  void full_noneStale() {
    List<FakePolicy> all = fill(0, MAX);
    assertThatThrownBy(() -> registry.get("new"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage(
            "cannot create fake 'new': the runtime already holds maxPolicies=10 of them, and none is"
                + " stale. Raise maxPolicies, or use fewer names");
    assertThat(fill(0, MAX)).isEqualTo(all);
    assertThat(registry.all()).hasSize(MAX);
  }

  @Test
  @Tag("fault-26")
  @DisplayName("look-ups of known names in a full registry scan nothing else")
  void full_knownName_scansNothing() {
    fill(0, MAX);
    asked.set(0);
    fill(0, MAX);
    assertThat(asked).hasValue(0);
  }

  @Test
  @Tag("fault-26")
  @DisplayName("rejected names cause one scan of a full registry a second")
  void full_rejectedNames_scanOnceASecond() {
    fill(0, MAX);
    asked.set(0);
    for (int i = 0; i < 100; i++) {
      String name = "new" + i;
      assertThatThrownBy(() -> registry.get(name))
          .isInstanceOf(ResilienceConfigurationException.class);
    }
    assertThat(asked).hasValue(MAX);
    time.advance(SECOND);
    assertThatThrownBy(() -> registry.get("new"))
        .isInstanceOf(ResilienceConfigurationException.class);
    assertThat(asked).hasValue(2 * MAX);
  }

  @Test
  @Tag("RG-13")
  @Tag("fault-25")
  @DisplayName("in a full registry, a stale name that is looked up is refreshed, not replaced")
  void full_requestedIsStale() {
    List<FakePolicy> all = fill(0, MAX);
    time.advance(DAY.plus(SECOND));
    assertThat(registry.get("p3")).isSameAs(all.get(3));
    registry.get("new");
    assertThat(names()).containsExactly("new", "p3");
    assertThat(registry.get("p3")).isSameAs(all.get(3));
  }

  // ---- evicted policies

  @Test
  @Tag("fault-24")
  @DisplayName("the holder of an evicted policy and a later look-up share the same object")
  void pruned_isFoundAgain() {
    FakePolicy held = registry.declare("a", "one");
    time.advance(DAY.plus(SECOND));
    assertThat(registry.prune()).isEqualTo(1);
    assertThat(registry.all()).isEmpty();
    assertThat(registry.get("a")).isSameAs(held);
    assertThat(registry.all()).containsExactly(held);
    assertThat(made).hasValue(1);
  }

  @Test
  @Tag("fault-24")
  @Tag("fault-27")
  @DisplayName("an evicted policy keeps its declaration")
  void pruned_isDeclaredAsItWas() {
    FakePolicy declared = registry.declare("a", "one");
    FakePolicy undeclared = registry.get("b");
    time.advance(DAY.plus(SECOND));
    registry.prune();
    assertThatThrownBy(() -> registry.declare("a", "two"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("with config=one", "config=two");
    assertThat(registry.declare("a", "one")).isSameAs(declared);
    assertThat(registry.declare("b", "two")).isSameAs(undeclared);
    assertThat(undeclared.config).isEqualTo("two");
    assertThatThrownBy(() -> registry.declare("b", "three"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("with config=two", "config=three");
  }

  @Test
  @Tag("fault-24")
  @DisplayName(
      "an evicted policy is the same object even if there is no room for it, and is listed "
          + "once there is")
  void pruned_withoutRoom() {
    FakePolicy held = registry.get("held");
    time.advance(DAY.plus(SECOND));
    registry.prune();
    fill(0, MAX);
    assertThat(registry.get("held")).isSameAs(held);
    assertThat(registry.declare("held", "one")).isSameAs(held);
    assertThat(held.config).isEqualTo("one");
    assertThat(registry.all()).hasSize(MAX).doesNotContain(held);
    time.advance(DAY.plus(SECOND));
    assertThat(registry.get("held")).isSameAs(held);
    assertThat(registry.all()).hasSizeLessThan(MAX).contains(held);
    assertThatThrownBy(() -> registry.declare("held", "two"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("with config=one", "config=two");
  }

  @Test
  @Tag("fault-24")
  @Tag("fault-33")
  @DisplayName("at most the bound may be evicted and held; beyond it none is evicted")
  void pruned_isBounded() {
    List<FakePolicy> held = new ArrayList<>(fill(0, MAX));
    time.advance(DAY.plus(SECOND));
    assertThat(registry.prune()).isEqualTo(MAX);
    held.addAll(fill(MAX, 2 * MAX));
    time.advance(DAY.plus(SECOND));
    assertThat(registry.prune()).isZero();
    assertThatThrownBy(() -> registry.get("new"))
        .isInstanceOf(ResilienceConfigurationException.class);
    assertThat(fill(0, 2 * MAX)).isEqualTo(held);
    assertThat(made).hasValue(2 * MAX);
  }
}
