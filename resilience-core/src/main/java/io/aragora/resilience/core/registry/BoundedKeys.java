package io.aragora.resilience.core.registry;

import io.aragora.resilience.internal.QuietLock;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A policy for each key, up to a bound. A subclass says what a policy is, and which keys may go. Thread-safe.
 *
 * @param <P> the policy of a key
 * @param <N> the note about a policy that was evicted while other code held it
 */
public abstract class BoundedKeys<P, N> {
  /*
   * Known keys are found in a concurrent map without a lock. A new one is made under a lock, which keeps the bound exact. At
   * the bound, a new key takes the place of one that may go. If the next few may not go, or another thread holds the lock, the
   * new key gets the overflow policy: so a flood of keys costs each look-up a bounded time, and no caller waits.
   *
   * Eviction examines the keys in the order of their creation, 16 at a time; a key that stays moves to the end.
   *
   * An evicted key stays findable for as long as its policy is referenced, so that two halves of a program never protect
   * one dependency by two policies. These references are bounded as well; beyond the bound the key is forgotten.
   */

  /** The number of keys that one eviction examines. */
  private static final int STEPS = 16;

  /** The key has to stay. See {@link #spare}. */
  protected static final long NEEDED = -1;

  /** The key goes before the others are examined. See {@link #spare}. */
  protected static final long FIRST = Long.MAX_VALUE;

  private final int maxKeys;
  private final P overflow;
  private final ConcurrentHashMap<String, P> known = new ConcurrentHashMap<>();
  private final LongAdder evictions = new LongAdder();
  private final LongAdder overflows = new LongAdder();
  private final AtomicBoolean overflowed = new AtomicBoolean();
  private final QuietLock making = new QuietLock();

  // Under the lock.
  private final ArrayDeque<P> round = new ArrayDeque<>();
  private final StillHeld<P, N> gone = new StillHeld<>();

  /**
   * Starts without keys.
   *
   * @param maxKeys the largest number of keys
   * @param overflow the policy of the keys beyond it
   */
  protected BoundedKeys(int maxKeys, P overflow) {
    this.maxKeys = maxKeys;
    this.overflow = overflow;
  }

  /** Returns the time at which an eviction begins. Under the lock. */
  protected abstract long now();

  /** Returns the key of a policy. */
  protected abstract String keyOf(P policy);

  /** Creates the policy of a new key. Under the lock, before the key is known. */
  protected abstract P make(String key);

  /**
   * Returns whether a key may be evicted. Under the lock. The first key that says {@link #FIRST} is evicted at once, so it may
   * retire itself in the same step; of the others that are examined, the one with the largest number.
   *
   * @param policy the policy of the key
   * @param now what {@link #now} returned
   * @return {@link #NEEDED}, {@link #FIRST}, or for how long it was idle
   */
  protected abstract long spare(P policy, long now);

  /** Returns the note about a policy that is about to be evicted. Under the lock, while the key is known. */
  protected abstract N note(P policy);

  /**
   * Returns whether an evicted policy stays findable for as long as it is referenced. Under the lock, when the key is no longer
   * known: a thread that marks a policy as held, and then finds it with a full fence in between, is seen here.
   *
   * @param policy the policy
   * @return whether other code may reference it; by default true
   */
  protected boolean mayBeHeld(P policy) {
    return true;
  }

  /** Called after a key was evicted, and is no longer known. Under the lock. */
  protected abstract void evicted(P policy, N note);

  /** Called after an eviction, perhaps without success, and without the lock: so it may call listeners. By default nothing. */
  protected void afterEviction() {}

  /** Called after a key was removed by {@link #remove}, and is no longer known. Under the lock. */
  protected abstract void removed(P policy);

  /** Called when a new key gets the policy that it had before its eviction. Under the lock, before the key is known. */
  protected abstract void returning(P policy, N note);

  /**
   * Called after a key became known. Under the lock.
   *
   * @param policy its policy
   * @param again whether it had the policy before its eviction
   */
  protected abstract void joined(P policy, boolean again);

  /**
   * Called when a new key gets the overflow policy, without the lock.
   *
   * @param key the key
   * @param first whether it is the first one ever
   */
  protected abstract void overflowed(String key, boolean first);

  /**
   * Finds a key without making it. Without a lock, without allocation.
   *
   * @param key the key
   * @return its policy; null if it has none
   */
  public final @Nullable P find(String key) {
    return known.get(key);
  }

  /**
   * Adds a key that {@link #find} did not find.
   *
   * @param key a valid key
   * @return its policy, or that of the overflow
   */
  public final P add(String key) {
    if (known.size() < maxKeys) {
      making.lock();
    } else if (!making.tryLock()) {
      return overflow(key);
    }
    P found;
    boolean isEvicting = false;
    try {
      found = known.get(key);
      if (found == null) {
        isEvicting = known.size() >= maxKeys;
        if (!isEvicting || evictOne()) {
          P held = stillHeld(key);
          found = held != null ? held : make(key);
          known.put(key, found);
          round.add(found);
          joined(found, held != null);
        }
      }
    } finally {
      making.unlock();
    }
    if (isEvicting) {
      afterEviction();
    }
    return found == null ? overflow(key) : found;
  }

  private @Nullable P stillHeld(String key) {
    StillHeld.Entry<P, N> entry = gone.remove(key);
    P held = entry == null ? null : entry.get();
    if (entry != null && held != null) {
      returning(held, entry.note());
    }
    return held;
  }

  /** Evicts a key if one may go. Returns whether there is room now. */
  private boolean evictOne() {
    P leaving = next(now());
    if (leaving == null) {
      return false;
    }
    String key = keyOf(leaving);
    N note = note(leaving);
    known.remove(key, leaving);
    // A thread that marks a policy as held looks for it afterwards. So it does not find it, or the
    // mark is seen here.
    VarHandle.fullFence();
    if (mayBeHeld(leaving) && gone.size() < maxKeys) {
      gone.add(key, leaving, note);
    }
    evictions.increment();
    evicted(leaving, note);
    return true;
  }

  /** Takes the key that goes out of the round; null if none of the next few may. */
  private @Nullable P next(long now) {
    P longest = null;
    long most = NEEDED;
    for (int step = Math.min(STEPS, round.size()); step > 0; step--) {
      P candidate = round.remove();
      long spare = spare(candidate, now);
      if (spare == FIRST) {
        return candidate;
      }
      if (spare > most) {
        longest = candidate;
        most = spare;
      }
      round.add(candidate);
    }
    if (longest != null) {
      round.removeLastOccurrence(longest); // it is among the last few
    }
    return longest;
  }

  private P overflow(String key) {
    overflows.increment();
    overflowed(key, !overflowed.get() && overflowed.compareAndSet(false, true));
    return overflow;
  }

  /**
   * Removes a key.
   *
   * @param key the key
   * @return whether it was known, or evicted and still held
   */
  public final boolean remove(String key) {
    making.lock();
    try {
      P leaving = known.remove(key);
      boolean held = gone.remove(key) != null;
      if (leaving != null) {
        round.removeFirstOccurrence(leaving);
        removed(leaving);
      }
      return leaving != null || held;
    } finally {
      making.unlock();
    }
  }

  /**
   * Runs an action while no key comes or goes.
   *
   * @param action the action
   */
  public final void exclusively(Runnable action) {
    making.lock();
    try {
      action.run();
    } finally {
      making.unlock();
    }
  }

  /** {@return the policy of the keys beyond the bound} */
  public final P overflow() {
    return overflow;
  }

  /**
   * Calls a visitor for each key.
   *
   * @param visitor receives each; keys that come or go meanwhile may be left out
   */
  public final void each(BiConsumer<? super String, ? super P> visitor) {
    known.forEach(visitor);
  }

  /** {@return the policies of the keys; those that come or go meanwhile may be left out} */
  public final Collection<P> all() {
    return known.values();
  }

  /**
   * Returns the policies that follow a change of the config: those of the keys, and those of evicted keys that other code holds.
   *
   * @return a copy
   */
  public final List<P> held() {
    making.lock();
    try {
      List<P> held = new ArrayList<>(known.values());
      for (StillHeld.Entry<P, N> entry : gone.entries()) {
        P policy = entry.get();
        if (policy != null) {
          held.add(policy);
        }
      }
      return held;
    } finally {
      making.unlock();
    }
  }

  /** {@return the number of keys} */
  public final int size() {
    return known.size();
  }

  /** {@return how many keys were evicted} */
  public final long evictions() {
    return evictions.sum();
  }

  /** {@return how many look-ups got the overflow policy} */
  public final long overflows() {
    return overflows.sum();
  }
}
