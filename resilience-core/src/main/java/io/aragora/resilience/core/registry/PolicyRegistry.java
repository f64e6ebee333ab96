package io.aragora.resilience.core.registry;

import io.aragora.resilience.internal.QuietLock;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The policies of one kind by name: a name always returns the same object. Bounded: a full registry
 * evicts stale policies, and rejects new names if none is stale. Look-ups of known names and
 * repeated declarations take no lock. Thread-safe.
 *
 * @param <P> the policy
 * @param <C> its config
 */
public final class PolicyRegistry<P, C> {
  /*
   * Declarations are compared with declarations, not with the config of the policy: that may come
   * from outside the code and may have changed since.
   *
   * Eviction: an evicted policy can be found as long as other code holds it. If it were created
   * again, two halves of a program would protect one dependency by two breakers. So eviction moves
   * it from the entries to weak references, under the lock. A look-up that misses it in the entries
   * looks again under the lock.
   */
  private static final class Entry<P, C> {
    final P policy;
    volatile @Nullable Declaration<C> declared;
    volatile long lookedUp;

    /** The number of calls when the entry was last looked at. Guarded by the lock, as is the next. */
    long calls = -1;

    long callsSince;

    Entry(P policy, @Nullable Declaration<C> declared, long lookedUp) {
      this.policy = policy;
      this.declared = declared;
      this.lookedUp = lookedUp;
    }
  }

  /** A config in the code, and the place that declares it, if that is known. */
  private static final class Declaration<C> {
    final C config;
    final @Nullable Object place;
    final @Nullable UnaryOperator<C> effective;

    Declaration(C config, @Nullable Object place, @Nullable UnaryOperator<C> effective) {
      this.config = config;
      this.place = place;
      this.effective = effective;
    }
  }

  private final PolicyKinds kinds;
  private final String text;
  private final @Nullable String key;
  private final int max;
  private final Staleness staleness;
  private final ConcurrentHashMap<String, Entry<P, C>> entries = new ConcurrentHashMap<>();

  /**
   * Held while a policy is created, declared or evicted, so the bound is exact and each name is
   * created once.
   */
  private final QuietLock making = new QuietLock();

  /** Created at its first use. Benign race: a kind has no state of its own, and all its fields are final. */
  private @Nullable PolicyKind<P, C> kind;

  // Guarded by the lock.
  private final StillHeld<P, Optional<Declaration<C>>> pruned = new StillHeld<>();
  private long foundNothingStaleAt = -1;

  /**
   * Creates an empty registry.
   *
   * @param kinds creates the kind of policies
   * @param text the name of the kind in messages
   * @param key the name of the kind in settings outside the code, which lists of a pipeline's policies use; null if those
   *     cannot name it
   * @param max the largest number of policies
   * @param staleness decides which policies may be evicted
   */
  public PolicyRegistry(
      PolicyKinds kinds, String text, @Nullable String key, int max, Staleness staleness) {
    this.kinds = kinds;
    this.text = text;
    this.key = key;
    this.max = max;
    this.staleness = staleness;
  }

  @SuppressWarnings("unchecked") // the text says which kind it is
  private PolicyKind<P, C> kind() {
    PolicyKind<P, C> present = kind;
    if (present == null) {
      present = (PolicyKind<P, C>) kinds.kind(text);
      kind = present;
    }
    return present;
  }

  /**
   * Returns the policy of a name, and creates it at the first call. Declares nothing.
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
    return find(name, null, null);
  }

  /**
   * Returns a policy without creating it, and without counting as a look-up.
   *
   * @param name its name
   * @return the policy; null if there is none
   */
  public @Nullable P known(String name) {
    Entry<P, C> known = entries.get(name);
    return known == null ? null : known.policy;
  }

  /**
   * Declares a policy that is created with the config that its kind makes of the declared one.
   *
   * @param name its name
   * @param declaration the config in the code
   * @return the policy
   * @throws ResilienceConfigurationException if it is already declared differently, or if the
   *     registry is full
   */
  public P declare(String name, C declaration) {
    return declare(name, declaration, null, null);
  }

  /**
   * Declares a policy at a place that is not the code that calls the library, such as an annotation.
   *
   * @param name its name
   * @param declaration the config in the code
   * @param effective returns the config to create it with, instead of its kind; not called if the
   *     name is already declared; null for the kind's
   * @param place the place of the declaration, which messages show by its text; null if it is the
   *     code that calls the library
   * @return the policy
   * @throws ResilienceConfigurationException if it is already declared differently, or if the
   *     registry is full; the message names both places
   */
  public P declare(
      String name, C declaration, @Nullable UnaryOperator<C> effective, @Nullable Object place) {
    Entry<P, C> known = entries.get(name);
    if (known != null) {
      Declaration<C> first = known.declared;
      if (first != null) {
        touch(known);
        compare(name, first, declaration, place);
        return known.policy;
      }
    }
    return find(
        name,
        new Declaration<>(declaration, place != null ? place : DeclaringCode.caller(), effective),
        effective);
  }

  private void touch(Entry<P, C> entry) {
    // Written at most once a second, so the cache line stays shared among the threads that look up.
    long stamp = staleness.stamp();
    if (entry.lookedUp != stamp) {
      entry.lookedUp = stamp;
    }
  }

  private P find(
      String name, @Nullable Declaration<C> declaration, @Nullable UnaryOperator<C> effective) {
    P made;
    making.lock();
    try {
      Entry<P, C> known = entries.get(name);
      if (known != null) {
        touch(known);
        known.declared = declaredOnce(name, known.policy, known.declared, declaration, effective);
        return known.policy;
      }
      StillHeld.Entry<P, Optional<Declaration<C>>> gone = pruned.find(name);
      P held = gone == null ? null : gone.get();
      if (gone != null && held != null) {
        return takeBack(name, held, gone.note().orElse(null), declaration, effective);
      }
      made = make(name, declaration, effective);
    } finally {
      making.unlock();
    }
    // Without the lock, because recorders are code of plug-ins.
    kind().measure(made);
    return made;
  }

  private P make(
      String name, @Nullable Declaration<C> declaration, @Nullable UnaryOperator<C> effective) {
    Setting.name(text + " name", name);
    if (!hasRoom()) {
      throw new ResilienceConfigurationException(
          "cannot create " + text + " '" + name + "': the runtime already holds maxPolicies="
              + max + (staleness.happens() ? " of them, and none is stale" : " of them")
              + ". Raise maxPolicies, or use fewer names");
    }
    C settings = declaration == null
        ? kind().undeclared(name)
        : effective(name, declaration.config, effective);
    P made = kind().make(name, settings);
    entries.put(name, new Entry<>(made, declaration, staleness.stamp()));
    // Only now, when no other code holds the previous policy.
    pruned.remove(name);
    return made;
  }

  private P takeBack(
      String name,
      P held,
      @Nullable Declaration<C> first,
      @Nullable Declaration<C> declaration,
      @Nullable UnaryOperator<C> effective) {
    Declaration<C> declared = declaredOnce(name, held, first, declaration, effective);
    if (hasRoom()) {
      entries.put(name, new Entry<>(held, declared, staleness.stamp()));
      pruned.remove(name);
    } else if (declared != first) {
      pruned.add(name, held, Optional.ofNullable(declared));
    }
    return held;
  }

  private @Nullable Declaration<C> declaredOnce(
      String name,
      P policy,
      @Nullable Declaration<C> first,
      @Nullable Declaration<C> declaration,
      @Nullable UnaryOperator<C> effective) {
    if (declaration == null) {
      return first;
    }
    if (first != null) {
      compare(name, first, declaration.config, declaration.place);
      return first;
    }
    kind().configure(policy, effective(name, declaration.config, effective));
    return declaration;
  }

  private C effective(String name, C declaration, @Nullable UnaryOperator<C> effective) {
    return effective == null ? kind().effective(name, declaration) : effective.apply(declaration);
  }

  private void compare(String name, Declaration<C> first, C declaration, @Nullable Object place) {
    if (first.config == declaration) {
      return;
    }
    DeclaredSettings settings = kind().settings(first.config);
    DeclaredSettings later = kind().settings(declaration);
    if (!settings.sameAs(later)) {
      settings.requireSame(
          text + " '" + name + "'",
          first.place,
          later,
          place != null ? place : DeclaringCode.caller());
    }
  }

  private boolean hasRoom() {
    if (entries.size() < max) {
      return true;
    }
    // Names beyond the bound must not cause a scan of all policies each.
    long stamp = staleness.stamp();
    if (!staleness.happens() || stamp == foundNothingStaleAt) {
      return false;
    }
    if (removeStale() == 0) {
      foundNothingStaleAt = stamp;
    }
    return entries.size() < max;
  }

  /**
   * Evicts stale policies.
   *
   * @return the number of evicted policies
   */
  public int prune() {
    making.lock();
    try {
      return removeStale();
    } finally {
      making.unlock();
    }
  }

  private int removeStale() {
    int taken = 0;
    int room = max - pruned.size();
    Iterator<Map.Entry<String, Entry<P, C>>> all = entries.entrySet().iterator();
    while (all.hasNext() && taken < room) {
      Map.Entry<String, Entry<P, C>> named = all.next();
      Entry<P, C> entry = named.getValue();
      if (staleness.isStale(idleSince(entry), entry.lookedUp)) {
        pruned.add(named.getKey(), entry.policy, Optional.ofNullable(entry.declared));
        all.remove();
        taken++;
      }
    }
    return taken;
  }

  /** Returns since when a policy had no call; of one that does not note it, since when its calls were the same. */
  private long idleSince(Entry<P, C> entry) {
    long calls = kind().calls(entry.policy);
    if (calls < 0) {
      return kind().idleSince(entry.policy);
    }
    if (calls != entry.calls) {
      entry.calls = calls;
      entry.callsSince = staleness.now();
    }
    return entry.callsSince;
  }

  /**
   * Removes a policy, so that its name may be declared again.
   *
   * @param name its name
   * @return the policy, also if it was evicted and other code holds it; null if there was none
   */
  public @Nullable P remove(String name) {
    P removed;
    making.lock();
    try {
      Entry<P, C> known = entries.remove(name);
      StillHeld.Entry<P, Optional<Declaration<C>>> gone = pruned.remove(name);
      removed = known != null ? known.policy : gone == null ? null : gone.get();
    } finally {
      making.unlock();
    }
    if (removed != null) {
      kind().removed(name);
    }
    return removed;
  }

  /** A policy that other code may hold: one of the entries, or an evicted one. */
  private static final class Held<P, C> {
    final String name;
    final P policy;
    final @Nullable Declaration<C> declared;
    final boolean isEvicted;

    Held(String name, P policy, @Nullable Declaration<C> declared, boolean isEvicted) {
      this.name = name;
      this.policy = policy;
      this.declared = declared;
      this.isEvicted = isEvicted;
    }
  }

  /**
   * Returns the policies that follow a change: those that are registered, and those that were evicted and that other code holds.
   * Those that are being created at this moment are among them.
   */
  private List<Held<P, C>> held() {
    making.lock();
    try {
      List<Held<P, C>> held = new ArrayList<>(entries.size());
      for (Map.Entry<String, Entry<P, C>> named : entries.entrySet()) {
        Entry<P, C> entry = named.getValue();
        held.add(new Held<>(named.getKey(), entry.policy, entry.declared, false));
      }
      for (StillHeld.Entry<P, Optional<Declaration<C>>> gone : pruned.entries()) {
        P policy = gone.get();
        if (policy != null) {
          held.add(new Held<>(gone.name(), policy, gone.note().orElse(null), true));
        }
      }
      return held;
    } finally {
      making.unlock();
    }
  }

  /**
   * Returns the config of each policy by what its code declares and the settings outside the code, which is not
   * that of a policy that was changed since. Also of policies that were evicted and that other code holds.
   *
   * @return the configs by name
   * @throws ResilienceConfigurationException if the settings are inconsistent
   */
  public Map<String, C> resolved() {
    Map<String, C> resolved = new LinkedHashMap<>();
    for (Held<P, C> held : held()) {
      C config = held.isEvicted ? tryResolve(held) : resolve(held);
      if (config != null) {
        resolved.put(held.name, config);
      }
    }
    return resolved;
  }

  /** An evicted policy keeps its config if there is no other: it depends on the garbage collector whether it still exists. */
  private @Nullable C tryResolve(Held<P, C> held) {
    try {
      return resolve(held);
    } catch (ResilienceConfigurationException | IllegalArgumentException e) {
      return null;
    }
  }

  private C resolve(Held<P, C> held) {
    Declaration<C> declared = held.declared;
    return declared == null
        ? kind().undeclared(held.name)
        : effective(held.name, declared.config, declared.effective);
  }

  /**
   * Checks that {@link #reconfigure} can change the policies. Changes and creates nothing.
   *
   * @param before the configs of {@link #resolved} under other settings
   * @param given returns the settings outside the code for a key of a kind and a name, as messages show them
   * @throws ResilienceConfigurationException if the settings are inconsistent, or a policy cannot have its config
   */
  public void checkChange(Map<String, C> before, BiFunction<String, String, String> given) {
    for (Held<P, C> held : held()) {
      if (held.isEvicted) {
        continue;
      }
      try {
        C config = resolve(held);
        C other = before.get(held.name);
        if (other != null && !isSame(other, config)) {
          kind().check(held.policy, config);
        }
      } catch (IllegalArgumentException e) {
        String own = kind().settingsKey();
        String settingsKey = own == null ? key : own;
        throw new ResilienceConfigurationException(
            "settings " + (settingsKey == null ? "" : given.apply(settingsKey, held.name) + " ")
                + "cannot be those of "
                + text + " '" + held.name + "': " + e.getMessage(),
            e);
      }
    }
  }

  private boolean isSame(C one, C other) {
    return kind().settings(one).sameAs(kind().settings(other));
  }

  /**
   * Checks that {@link #get} returns a policy if there is room for it. Creates nothing.
   *
   * @param name its name
   * @throws ResilienceConfigurationException if it is not known, and its settings do not suffice to create it
   */
  public void checkGet(String name) {
    making.lock();
    try {
      if (entries.containsKey(name) || pruned.find(name) != null) {
        return;
      }
    } finally {
      making.unlock();
    }
    kind().undeclared(name);
  }

  /**
   * Returns whether code has declared a policy.
   *
   * @param name its name
   * @return false also if it is not known
   */
  public boolean isDeclared(String name) {
    Entry<P, C> known = entries.get(name);
    return known != null && known.declared != null;
  }

  /**
   * Changes the policies whose config is different now, after {@link #checkChange}. A policy that was created or declared
   * meanwhile, and that cannot have its config, keeps the present one.
   *
   * @param before the configs of {@link #resolved} under other settings
   * @param changed receives the policies that have their new config
   * @param kept receives the policies that cannot be changed
   */
  public void reconfigure(Map<String, C> before, List<String> changed, List<String> kept) {
    // No policy is declared meanwhile, whose declaration this would undo.
    making.lock();
    try {
      for (Held<P, C> held : held()) {
        C config = tryResolve(held);
        C other = before.get(held.name);
        if (config == null) {
          kept.add(text + " '" + held.name + "'");
        } else if (other == null) {
          tryReconfigure(held.policy, config); // from these settings or the others
        } else if (!isSame(other, config)) {
          (tryReconfigure(held.policy, config) ? changed : kept).add(text + " '" + held.name + "'");
        }
      }
    } finally {
      making.unlock();
    }
  }

  private boolean tryReconfigure(P policy, C config) {
    try {
      kind().check(policy, config);
    } catch (IllegalArgumentException e) {
      return false;
    }
    return kind().reconfigure(policy, config);
  }

  /**
   * Returns whether settings outside the code name this kind so.
   *
   * @param kindKey the name of a kind in settings
   * @return whether it is that of this kind
   */
  public boolean isOf(String kindKey) {
    return kindKey.equals(key);
  }

  /**
   * Returns the policies.
   *
   * @return a copy; policies that are created or evicted meanwhile may be missing
   */
  public Collection<P> all() {
    List<P> all = new ArrayList<>(entries.size());
    for (Entry<P, C> entry : entries.values()) {
      all.add(entry.policy);
    }
    return List.copyOf(all);
  }

  /**
   * Lets every policy look up its duration recorders again, including those that are being created
   * at this moment, and those that were evicted and that other code holds: each either looks up again
   * or is created after the recorders changed.
   */
  public void measure() {
    for (Held<P, C> held : held()) {
      kind().measure(held.policy);
    }
  }
}
