package io.aragora.resilience.core;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Policies that were taken out of their registry, for as long as somebody else holds them. Not thread-safe.
 *
 * @param <P> the policy
 * @param <C> its settings
 */
final class PrunedPolicies<P, C> {
  /** A policy without a strong reference to it, and how it was declared. */
  static final class Pruned<P, C> extends WeakReference<P> {
    private final String name;

    @Nullable
    C declared;

    Pruned(String name, P policy, @Nullable C declared, ReferenceQueue<P> queue) {
      super(policy, queue);
      this.name = name;
      this.declared = declared;
    }
  }

  private final Map<String, Pruned<P, C>> all = new HashMap<>();
  private final ReferenceQueue<P> collected = new ReferenceQueue<>();

  void add(String name, P policy, @Nullable C declared) {
    all.put(name, new Pruned<>(name, policy, declared, collected));
  }

  @Nullable
  Pruned<P, C> find(String name) {
    return all.get(name);
  }

  void remove(String name) {
    all.remove(name);
  }

  /** Forgets what nobody holds, and counts the others. */
  int size() {
    for (Reference<? extends P> dead = collected.poll(); dead != null; dead = collected.poll()) {
      if (dead instanceof Pruned<?, ?> pruned) {
        all.remove(pruned.name, pruned);
      }
    }
    return all.size();
  }
}
