package io.aragora.resilience.core.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.testing.ManualTime;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What happens to policies when the settings outside the code change, and when names are removed. */
class PolicyRegistryChangesTest {
  private static final Duration DAY = Duration.ofDays(1);

  private static final class Policy {
    String config;
    long idleSince;

    /** Negative for a policy that knows since when it is idle. */
    long calls = -1;

    Policy(String config, long now) {
      this.config = config;
      this.idleSince = now;
    }
  }

  private final ManualTime time = ManualTime.create();

  /** The settings outside the code, by the name of the policy. */
  private final Map<String, String> outside = new HashMap<>();

  private final List<Policy> measured = new ArrayList<>();
  private final List<String> removed = new ArrayList<>();
  private final List<String> changed = new ArrayList<>();
  private final List<String> kept = new ArrayList<>();

  private final PolicyKind<Policy, String> kind = new PolicyKind<>() {
    @Override
    protected Policy make(String name, String config) {
      return new Policy(config, time.nanoTime());
    }

    @Override
    protected String undeclared(String name) {
      return effective(name, "undeclared");
    }

    @Override
    protected String effective(String name, String declared) {
      String given = outside.getOrDefault(name, "");
      if (given.equals("unreadable")) {
        throw new ResilienceConfigurationException("unreadable");
      }
      return declared + given;
    }

    @Override
    protected DeclaredSettings settings(String declared) {
      return DeclaredSettings.builder().add("config", declared).build();
    }

    @Override
    protected void configure(Policy policy, String config) {
      policy.config = config;
    }

    @Override
    protected void check(Policy policy, String config) {
      if (config.endsWith("invalid")) {
        throw new IllegalArgumentException("config must be valid: " + config);
      }
    }

    @Override
    protected boolean reconfigure(Policy policy, String config) {
      if (config.endsWith("fixed")) {
        return false;
      }
      policy.config = config;
      return true;
    }

    @Override
    protected void measure(Policy policy) {
      measured.add(policy);
    }

    @Override
    protected void removed(String name) {
      removed.add(name);
    }

    @Override
    protected long calls(Policy policy) {
      return policy.calls;
    }

    @Override
    protected long idleSince(Policy policy) {
      return policy.idleSince;
    }
  };

  private final PolicyRegistry<Policy, String> registry =
      new PolicyRegistry<>(text -> kind, "fake", "fakekey", 10, Staleness.after(time, DAY));

  private void prune() {
    time.advance(DAY.plusSeconds(2));
    assertThat(registry.prune()).isPositive();
  }

  private void checkChange(Map<String, String> before) {
    registry.checkChange(before, (key, name) -> "[" + key + " of " + name + "]");
  }

  @Test
  void resolved_hasTheConfigOfEachPolicy_fromThePresentSettings() {
    registry.declare("a", "one");
    registry.declare("b", "two", declared -> declared + " resolved", null);
    registry.get("c");
    outside.put("a", " more");
    assertThat(registry.resolved())
        .isEqualTo(Map.of("a", "one more", "b", "two resolved", "c", "undeclared"));
  }

  @Test
  void reconfigure_reconfiguresWhatChanged_andListsWhatCouldNot() {
    Policy a = registry.declare("a", "one");
    Policy fixed = registry.declare("fixed", "one");
    Policy invalid = registry.declare("invalid", "one");
    Policy same = registry.declare("same", "one");
    same.config = "changed by hand";
    Map<String, String> before = registry.resolved();
    outside.putAll(Map.of("a", " more", "fixed", " fixed", "invalid", " invalid"));
    registry.reconfigure(before, changed, kept);
    assertThat(changed).containsExactly("fake 'a'");
    assertThat(kept).containsExactlyInAnyOrder("fake 'fixed'", "fake 'invalid'");
    assertThat(a.config).isEqualTo("one more");
    assertThat(fixed.config).isEqualTo("one");
    assertThat(invalid.config).isEqualTo("one");
    assertThat(same.config).isEqualTo("changed by hand");
  }

  @Test
  void reconfigure_aPolicyThatWasMadeMeanwhile_isBroughtUpToDate_andNotListed() {
    Map<String, String> before = registry.resolved();
    Policy made = registry.declare("a", "one");
    outside.put("a", " more");
    registry.reconfigure(before, changed, kept);
    assertThat(made.config).isEqualTo("one more");
    assertThat(changed).isEmpty();
    assertThat(kept).isEmpty();
  }

  @Test
  void reconfigure_aPolicyThatWasPrunedAndIsHeld_isReconfiguredToo() {
    Policy a = registry.declare("a", "one");
    Policy unreadable = registry.declare("u", "one");
    prune();
    Map<String, String> before = registry.resolved();
    assertThat(before).containsOnlyKeys("a", "u");
    outside.put("a", " more");
    outside.put("u", "unreadable");
    registry.reconfigure(before, changed, kept);
    assertThat(a.config).isEqualTo("one more");
    assertThat(changed).containsExactly("fake 'a'");
    assertThat(kept).containsExactly("fake 'u'");
    assertThat(registry.resolved()).containsOnlyKeys("a");
    Reference.reachabilityFence(unreadable);
  }

  @Test
  void checkChange_invalid_namesSettingsPolicyAndRule() {
    registry.declare("a", "one");
    Map<String, String> before = registry.resolved();
    outside.put("a", " invalid");
    assertThatThrownBy(() -> checkChange(before))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("settings [fakekey of a] cannot be those of fake 'a': config must be valid: one"
            + " invalid")
        .hasCauseInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void checkChange_ofWhatDoesNotChange_isNone() {
    registry.declare("a", "invalid");
    Policy pruned = registry.declare("p", "one");
    registry.declare("made meanwhile", "invalid");
    Map<String, String> before = registry.resolved();
    before.remove("made meanwhile");
    prune();
    registry.declare("a", "invalid");
    outside.put("p", " invalid");
    assertThatCode(() -> checkChange(before)).doesNotThrowAnyException();
    Reference.reachabilityFence(pruned);
  }

  @Test
  void checkGet_asksTheKindForUnknownNamesOnly() {
    registry.declare("known", "one");
    Policy held = registry.declare("held", "one");
    prune();
    registry.declare("known", "one");
    for (String name : List.of("known", "held", "unknown")) {
      outside.put(name, "unreadable");
    }
    registry.checkGet("known");
    registry.checkGet("held");
    assertThatThrownBy(() -> registry.checkGet("unknown"))
        .isInstanceOf(ResilienceConfigurationException.class);
    assertThat(registry.known("unknown")).isNull();
    Reference.reachabilityFence(held);
  }

  @Test
  void isDeclared_fromTheDeclarationOn() {
    assertThat(registry.isDeclared("a")).isFalse();
    registry.get("a");
    assertThat(registry.isDeclared("a")).isFalse();
    registry.declare("a", "one");
    assertThat(registry.isDeclared("a")).isTrue();
    assertThat(registry.isOf("fakekey")).isTrue();
    assertThat(registry.isOf("fake")).isFalse();
  }

  @Test
  void remove_returnsThePolicy_alsoOneThatWasPruned_andTellsTheKind() {
    Policy a = registry.get("a");
    Policy b = registry.get("b");
    assertThat(registry.remove("a")).isSameAs(a);
    assertThat(registry.remove("a")).isNull();
    prune();
    assertThat(registry.remove("b")).isSameAs(b);
    assertThat(registry.remove("b")).isNull();
    assertThat(removed).containsExactly("a", "b");
    assertThat(registry.get("b")).isNotSameAs(b);
  }

  @Test
  void measure_whenMade_andAllOnRequest() {
    Policy a = registry.get("a");
    registry.get("a");
    Policy b = registry.declare("b", "one");
    assertThat(measured).containsExactly(a, b);
    prune();
    Policy c = registry.get("c");
    measured.clear();
    registry.measure();
    assertThat(measured).containsExactlyInAnyOrder(a, b, c);
  }

  @Test
  void prune_aPolicyThatCountsCalls_isIdleSinceTheCountLastChanged() {
    Policy counting = registry.get("a");
    counting.calls = 0;
    Duration day = DAY.plusSeconds(2);
    time.advance(day);
    assertThat(registry.prune()).as("first seen now").isZero();
    time.advance(day.dividedBy(2));
    counting.calls = 1;
    assertThat(registry.prune()).isZero();
    time.advance(DAY.minusSeconds(1));
    assertThat(registry.prune()).isZero();
    time.advance(Duration.ofSeconds(1));
    assertThat(registry.prune()).isEqualTo(1);
    assertThat(registry.known("a")).isNull();
    assertThat(registry.get("a")).isSameAs(counting);
    assertThat(registry.known("a")).isSameAs(counting);
  }

  @Test
  void everyOperation_leavesTheLock() throws Exception {
    registry.get("held");
    List<Runnable> operations = List.of(
        () -> registry.get("a"),
        () -> registry.declare("b", "one"),
        registry::prune,
        () -> registry.remove("a"),
        () -> registry.remove("unknown"),
        registry::resolved,
        registry::measure,
        () -> registry.checkGet("unknown"),
        () -> registry.reconfigure(Map.of(), changed, kept));
    for (int i = 0; i < operations.size(); i++) {
      String name = "other " + i;
      operations.get(i).run();
      assertThat(CompletableFuture.supplyAsync(() -> registry.get(name)))
          .as("after operation %d", i)
          .succeedsWithin(Duration.ofSeconds(30));
      registry.remove(name);
    }
  }

  @Test
  void lookUp_ofAKindThatMustBeDeclared_saysSo() {
    PolicyKind<Policy, String> declaredOnly = new PolicyKind<>() {
      @Override
      protected Policy make(String name, String config) {
        return new Policy(config, 0);
      }

      @Override
      protected DeclaredSettings settings(String declared) {
        return DeclaredSettings.builder().add("config", declared).build();
      }
    };
    PolicyRegistry<Policy, String> all =
        new PolicyRegistry<>(text -> declaredOnly, "fake", null, 1, Staleness.never());
    assertThatThrownBy(() -> all.get("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("'a' is looked up undeclared");
    all.declare("a", "one");
    assertThat(all.get("a").config).isEqualTo("one");
    assertThat(all.prune()).isZero();
    assertThatThrownBy(() -> all.declare("b", "one"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessage("cannot create fake 'b': the runtime already holds maxPolicies=1 of them."
            + " Raise maxPolicies, or use fewer names");
  }
}
