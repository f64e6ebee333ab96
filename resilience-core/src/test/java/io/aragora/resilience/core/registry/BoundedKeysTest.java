package io.aragora.resilience.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BoundedKeysTest {
  /** A policy that says what the test sets. */
  private static final class Policy {
    private final String key;
    private long spare;

    private Policy(String key) {
      this.key = key;
    }
  }

  private static final class Keys extends BoundedKeys<Policy, String> {
    private final List<String> told = new ArrayList<>();
    private int examined;

    private Keys(int maxKeys) {
      super(maxKeys, new Policy("*overflow*"));
    }

    @Override
    protected long now() {
      return 0;
    }

    @Override
    protected String keyOf(Policy policy) {
      return policy.key;
    }

    @Override
    protected Policy make(String key) {
      Policy made = new Policy(key);
      made.spare = NEEDED;
      return made;
    }

    @Override
    protected long spare(Policy policy, long now) {
      examined++;
      return policy.spare;
    }

    @Override
    protected String note(Policy policy) {
      return "note on " + policy.key;
    }

    @Override
    protected boolean mayBeHeld(Policy policy) {
      // A thread that holds a policy and then finds it relies on this order.
      assertThat(find(policy.key))
          .as("known when it is asked whether it is held")
          .isNull();
      return true;
    }

    @Override
    protected void evicted(Policy policy, String note) {
      told.add("evicted " + policy.key + (find(policy.key) == null ? "" : ", but still known"));
    }

    @Override
    protected void removed(Policy policy) {
      told.add("removed " + policy.key + (find(policy.key) == null ? "" : ", but still known"));
    }

    @Override
    protected void returning(Policy policy, String note) {
      told.add("returning " + policy.key + ", " + note);
    }

    @Override
    protected void joined(Policy policy, boolean again) {
      told.add((again ? "again " : "new ") + find(policy.key).key);
    }

    @Override
    protected void overflowed(String key, boolean first) {
      told.add("overflowed " + key + (first ? ", first" : ""));
    }

    private void idle(String key, long spare) {
      find(key).spare = spare;
    }

    private List<String> told() {
      List<String> since = List.copyOf(told);
      told.clear();
      return since;
    }
  }

  private static Keys full(String... keys) {
    Keys full = new Keys(keys.length);
    for (String key : keys) {
      full.add(key);
    }
    full.told();
    return full;
  }

  @Test
  void add_aKeyThatIsKnown_returnsItsPolicy() {
    Keys keys = full("a", "b");
    assertThat(keys.add("a")).isSameAs(keys.find("a"));
    assertThat(keys.told()).isEmpty();
  }

  @Test
  void add_beyondTheBound_evictsTheLongestIdle() {
    Keys keys = full("a", "b", "c", "d");
    keys.idle("b", 5);
    keys.idle("c", 7);
    keys.idle("d", 7);
    keys.add("e");
    assertThat(keys.told()).containsExactly("evicted c", "new e");
    keys.add("f");
    assertThat(keys.told()).containsExactly("evicted d", "new f");
    assertThat(keys.evictions()).isEqualTo(2);
    assertThat(keys.size()).isEqualTo(4);
  }

  @Test
  void add_beyondTheBound_evictsTheFirstWithoutInformationAtOnce() {
    Keys keys = full("a", "b", "c", "d");
    keys.idle("a", 1_000_000);
    keys.idle("b", Keys.FIRST);
    keys.idle("c", Keys.FIRST);
    keys.examined = 0;
    keys.add("e");
    assertThat(keys.told()).containsExactly("evicted b", "new e");
    assertThat(keys.examined).isEqualTo(2);
  }

  @Test
  void add_ifNoKeyMayGo_overflows() {
    Keys keys = full("a", "b");
    assertThat(keys.add("c")).isSameAs(keys.overflow());
    assertThat(keys.add("d")).isSameAs(keys.overflow());
    assertThat(keys.told()).containsExactly("overflowed c, first", "overflowed d");
    assertThat(keys.overflows()).isEqualTo(2);
    assertThat(keys.find("c")).isNull();
  }

  @Test
  void add_beyondTheBound_examinesSixteenKeysInTurn() {
    String[] names = new String[40];
    for (int i = 0; i < names.length; i++) {
      names[i] = "k" + i;
    }
    Keys keys = full(names);
    keys.idle("k35", 1);
    keys.examined = 0;
    assertThat(keys.add("x")).isSameAs(keys.overflow());
    assertThat(keys.examined).isEqualTo(16);
    assertThat(keys.add("x")).isSameAs(keys.overflow());
    keys.told();
    keys.add("x");
    assertThat(keys.told()).containsExactly("evicted k35", "new x");
    assertThat(keys.examined).isEqualTo(48);
  }

  @Test
  void add_aKeyWhosePolicyIsStillHeld_returnsIt() {
    Keys keys = full("a");
    Policy held = keys.find("a");
    keys.idle("a", 1);
    keys.add("b");
    keys.idle("b", 1);
    keys.told();
    assertThat(keys.add("a")).isSameAs(held);
    assertThat(keys.told()).containsExactly("evicted b", "returning a, note on a", "again a");
    Reference.reachabilityFence(held);
  }

  @Test
  void remove_forgetsAKeyAndItsEvictedPolicy() {
    Keys keys = full("a");
    Policy held = keys.find("a");
    keys.idle("a", 1);
    keys.add("b");
    keys.told();
    assertThat(keys.remove("b")).isTrue();
    assertThat(keys.remove("a")).isTrue();
    assertThat(keys.remove("a")).isFalse();
    assertThat(keys.told()).containsExactly("removed b");
    assertThat(keys.add("a")).isNotSameAs(held);
    assertThat(keys.all()).hasSize(1);
    Reference.reachabilityFence(held);
  }

  @Test
  void add_whileAnotherThreadHoldsTheLock_overflowsAtTheBoundOnly() throws Exception {
    Keys keys = full("a");
    keys.idle("a", 1);
    AtomicReference<Policy> got = new AtomicReference<>();
    Thread other = new Thread(() -> got.set(keys.add("b")));
    keys.exclusively(() -> {
      other.start();
      join(other);
    });
    assertThat(got.get()).isSameAs(keys.overflow());
    assertThat(keys.add("b").key).isEqualTo("b");
  }

  @Test
  void everyOperation_leavesTheLock() {
    Keys keys = new Keys(100);
    List<Runnable> operations = List.of(
        () -> keys.add("a"),
        () -> keys.remove("a"),
        () -> keys.remove("unknown"),
        () -> keys.exclusively(() -> {}),
        keys::held);
    for (int i = 0; i < operations.size(); i++) {
      String name = "other " + i;
      operations.get(i).run();
      assertThat(CompletableFuture.supplyAsync(() -> keys.add(name)))
          .as("after operation %d", i)
          .succeedsWithin(Duration.ofSeconds(30));
    }
  }

  @Test
  void each_visitsEveryKeyWithItsPolicy() {
    Keys keys = full("a", "b");
    Map<String, Policy> visited = new HashMap<>();
    keys.each(visited::put);
    assertThat(visited).isEqualTo(Map.of("a", keys.find("a"), "b", keys.find("b")));
    assertThat(keys.held()).containsExactlyInAnyOrderElementsOf(visited.values());
  }

  private static void join(Thread thread) {
    try {
      thread.join(60_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
