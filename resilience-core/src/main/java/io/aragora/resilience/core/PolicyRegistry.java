package io.aragora.resilience.core;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.spi.Setting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * The policies of one kind by name: the same name gives the same object. Bounded. Look-ups take no lock.
 *
 * @param <P> the policy
 * @param <C> its settings
 */
final class PolicyRegistry<P, C> {
  private static final class Entry<P> {
    final P policy;
    boolean declared;

    Entry(P policy, boolean declared) {
      this.policy = policy;
      this.declared = declared;
    }
  }

  private final String kind;
  private final int max;
  private final BiFunction<String, C, P> factory;
  private final Function<P, C> configOf;
  private final BiPredicate<C, C> declaresSame;
  private final BiConsumer<P, C> configure;
  private final ConcurrentHashMap<String, Entry<P>> entries = new ConcurrentHashMap<>();

  /** Held while a policy is made or declared, so that the bound is exact and each name is made once. */
  private final ReentrantLock making = new ReentrantLock();

  PolicyRegistry(
      String kind,
      int max,
      BiFunction<String, C, P> factory,
      Function<P, C> configOf,
      BiPredicate<C, C> declaresSame,
      BiConsumer<P, C> configure) {
    this.kind = kind;
    this.max = max;
    this.factory = factory;
    this.configOf = configOf;
    this.declaresSame = declaresSame;
    this.configure = configure;
  }

  /** Looks a policy up; declares nothing. */
  P get(String name, C defaults) {
    Entry<P> known = entries.get(name);
    return known != null ? known.policy : make(name, defaults, false);
  }

  /** Declares a policy. */
  P declare(String name, C config) {
    return make(name, config, true);
  }

  private P make(String name, C config, boolean declared) {
    making.lock();
    try {
      Entry<P> known = entries.get(name);
      if (known != null) {
        if (declared) {
          declare(name, config, known);
        }
        return known.policy;
      }
      Setting.name(kind + " name", name);
      if (entries.size() >= max) {
        throw new ResilienceConfigurationException(
            "cannot make " + kind + " '" + name + "': the runtime holds " + "maxPolicies, " + max
                + ", of them; raise it, or use fewer names");
      }
      P made = factory.apply(name, config);
      entries.put(name, new Entry<>(made, declared));
      return made;
    } finally {
      making.unlock();
    }
  }

  private void declare(String name, C config, Entry<P> known) {
    C present = configOf.apply(known.policy);
    if (known.declared) {
      if (!declaresSame.test(present, config)) {
        throw new ResilienceConfigurationException(kind + " '" + name
            + "' is declared twice with different settings: first " + present + "; then " + config);
      }
      return;
    }
    configure.accept(known.policy, config);
    known.declared = true;
  }

  Collection<P> all() {
    List<P> all = new ArrayList<>(entries.size());
    entries.values().forEach(entry -> all.add(entry.policy));
    return List.copyOf(all);
  }
}
