package io.aragora.resilience.core.registry;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.spi.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The policies of one kind by name: the same name gives the same object. Bounded: a full registry takes out what is stale,
 * and else refuses new names. Look-ups of known names, and declarations that repeat one, take no lock.
 *
 * @param <P> the policy
 * @param <C> its settings
 */
public final class PolicyRegistry<P, C> {
  /*
   * What is compared is what was declared, not what the policy is configured with: the latter may come from outside the
   * code, and may have changed since.
   *
   * A policy that was taken out stays findable for as long as somebody else holds it. Were it made anew, two halves of a
   * program would protect one dependency by two breakers. So it moves from the entries to the weak references under the
   * lock, and whoever misses it in the entries looks again under the lock.
   */
  private static final class Entry<P, C> {
    final P policy;
    volatile @Nullable C declared;
    volatile long lookedUp;

    Entry(P policy, @Nullable C declared, long lookedUp) {
      this.policy = policy;
      this.declared = declared;
      this.lookedUp = lookedUp;
    }
  }

  private final PolicyKind<P, C> kind;
  private final int max;
  private final Staleness<P> staleness;
  private final ConcurrentHashMap<String, Entry<P, C>> entries = new ConcurrentHashMap<>();

  /** Held while a policy is made, declared or taken out: the bound is exact, and each name is made once. */
  private final ReentrantLock making = new ReentrantLock();

  // Under the lock.
  private final StillHeld<P, Optional<C>> pruned = new StillHeld<>();
  private long foundNothingStaleAt = -1;

  /**
   * Makes an empty registry.
   *
   * @param kind what it holds
   * @param max how many at most
   * @param staleness which may go, to make room
   */
  public PolicyRegistry(PolicyKind<P, C> kind, int max, Staleness<P> staleness) {
    this.kind = kind;
    this.max = max;
    this.staleness = staleness;
  }

  /**
   * Looks a policy up; declares nothing.
   *
   * @param name its name
   * @return the policy
   * @throws ResilienceConfigurationException if the registry is full
   */
  public P get(String name) {
    Entry<P, C> known = entries.get(name);
    if (known != null) {
      touch(known);
      return known.policy;
    }
    return find(name, null, UnaryOperator.identity());
  }

  /**
   * Finds a policy without making one, and without its counting as a look-up.
   *
   * @param name its name
   * @return the policy; null where there is none
   */
  public @Nullable P known(String name) {
    Entry<P, C> known = entries.get(name);
    return known == null ? null : known.policy;
  }

  /**
   * Declares a policy that is made with what the code says.
   *
   * @param name its name
   * @param declaration what the code says
   * @return the policy
   * @throws ResilienceConfigurationException if it is declared otherwise already, or the registry is full
   */
  public P declare(String name, C declaration) {
    return declare(name, declaration, UnaryOperator.identity());
  }

  /**
   * Declares a policy.
   *
   * @param name its name
   * @param declaration what the code says
   * @param effective gives the settings to make it with; not asked where the name is declared already
   * @return the policy
   * @throws ResilienceConfigurationException if it is declared otherwise already, or the registry is full
   */
  public P declare(String name, C declaration, UnaryOperator<C> effective) {
    Entry<P, C> known = entries.get(name);
    if (known != null) {
      C first = known.declared;
      if (first != null) {
        touch(known);
        compare(name, first, declaration);
        return known.policy;
      }
    }
    return find(name, declaration, effective);
  }

  private void touch(Entry<P, C> entry) {
    // Written once a second at most, so that threads that look up share a line that they only read.
    long stamp = staleness.stamp();
    if (entry.lookedUp != stamp) {
      entry.lookedUp = stamp;
    }
  }

  private P find(String name, @Nullable C declaration, UnaryOperator<C> effective) {
    making.lock();
    try {
      Entry<P, C> known = entries.get(name);
      if (known == null) {
        StillHeld.Entry<P, Optional<C>> gone = pruned.find(name);
        P held = gone == null ? null : gone.get();
        return gone == null || held == null
            ? make(name, declaration, effective)
            : takeBack(name, held, gone.note().orElse(null), declaration, effective);
      }
      touch(known);
      known.declared = declaredOnce(name, known.policy, known.declared, declaration, effective);
      return known.policy;
    } finally {
      making.unlock();
    }
  }

  private P make(String name, @Nullable C declaration, UnaryOperator<C> effective) {
    Setting.name(kind.text() + " name", name);
    if (!hasRoom()) {
      throw new ResilienceConfigurationException(
          "cannot make " + kind.text() + " '" + name + "': the runtime holds maxPolicies, " + max
              + ", of them" + (staleness.happens() ? ", and none is stale" : "")
              + "; raise it, or use fewer names");
    }
    C settings = declaration == null ? kind.undeclared().apply(name) : effective.apply(declaration);
    P made = kind.factory().apply(name, settings);
    entries.put(name, new Entry<>(made, declaration, staleness.stamp()));
    // Only now: whoever held the one before is gone.
    pruned.remove(name);
    return made;
  }

  private P takeBack(
      String name, P held, @Nullable C first, @Nullable C declaration, UnaryOperator<C> effective) {
    C declared = declaredOnce(name, held, first, declaration, effective);
    if (hasRoom()) {
      entries.put(name, new Entry<>(held, declared, staleness.stamp()));
      pruned.remove(name);
    } else if (declared != first) {
      pruned.add(name, held, Optional.ofNullable(declared));
    }
    return held;
  }

  private @Nullable C declaredOnce(
      String name,
      P policy,
      @Nullable C first,
      @Nullable C declaration,
      UnaryOperator<C> effective) {
    if (declaration == null) {
      return first;
    }
    if (first != null) {
      compare(name, first, declaration);
      return first;
    }
    kind.configure().accept(policy, effective.apply(declaration));
    return declaration;
  }

  private void compare(String name, C first, C declaration) {
    if (first != declaration) {
      kind.declared()
          .apply(first)
          .requireSame(kind.text() + " '" + name + "'", kind.declared().apply(declaration));
    }
  }

  private boolean hasRoom() {
    if (entries.size() < max) {
      return true;
    }
    // Names beyond the bound shall not cost a look at every policy each.
    long stamp = staleness.stamp();
    if (!staleness.happens() || stamp == foundNothingStaleAt) {
      return false;
    }
    if (takeOutStale() == 0) {
      foundNothingStaleAt = stamp;
    }
    return entries.size() < max;
  }

  /**
   * Takes out what is stale.
   *
   * @return how many those were
   */
  public int prune() {
    making.lock();
    try {
      return takeOutStale();
    } finally {
      making.unlock();
    }
  }

  private int takeOutStale() {
    int taken = 0;
    int room = max - pruned.size();
    Iterator<Map.Entry<String, Entry<P, C>>> all = entries.entrySet().iterator();
    while (all.hasNext() && taken < room) {
      Map.Entry<String, Entry<P, C>> named = all.next();
      Entry<P, C> entry = named.getValue();
      if (staleness.isStale(entry.policy, entry.lookedUp)) {
        pruned.add(named.getKey(), entry.policy, Optional.ofNullable(entry.declared));
        all.remove();
        taken++;
      }
    }
    return taken;
  }

  /**
   * Gives the policies that there are.
   *
   * @return a copy; what comes or goes meanwhile may be missing
   */
  public Collection<P> all() {
    List<P> all = new ArrayList<>(entries.size());
    entries.values().forEach(entry -> all.add(entry.policy));
    return List.copyOf(all);
  }

  /**
   * Gives the policies, those included that are being made at this moment. For who has changed what a factory reads: each
   * policy either is in here, or was made after the change.
   *
   * @return a copy
   */
  public Collection<P> allMade() {
    making.lock();
    try {
      return all();
    } finally {
      making.unlock();
    }
  }
}
