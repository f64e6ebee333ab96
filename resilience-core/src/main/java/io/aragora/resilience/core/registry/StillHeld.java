package io.aragora.resilience.core.registry;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was taken out of a registry, by its name, for as long as somebody else holds it: so that two halves of a program never
 * have two objects of one name. Whoever adds sees to the bound. Not thread-safe.
 *
 * @param <V> what was taken out
 * @param <N> what is noted of each
 */
public final class StillHeld<V, N> {
  /**
   * A value without a strong reference to it.
   *
   * @param <V> what was taken out
   * @param <N> what is noted of each
   */
  public static final class Entry<V, N> extends WeakReference<V> {
    private final String name;
    private final N note;

    private Entry(String name, V value, N note, ReferenceQueue<V> collected) {
      super(value, collected);
      this.name = name;
      this.note = note;
    }

    /**
     * Gives what was noted.
     *
     * @return the note
     */
    public N note() {
      return note;
    }
  }

  private final Map<String, Entry<V, N>> all = new HashMap<>();
  private final ReferenceQueue<V> collected = new ReferenceQueue<>();

  /** Makes an empty one. */
  public StillHeld() {}

  /**
   * Adds a value, in the place of one of the same name.
   *
   * @param name its name
   * @param value the value
   * @param note what is to be known when it is found again
   */
  public void add(String name, V value, N note) {
    all.put(name, new Entry<>(name, value, note, collected));
  }

  /**
   * Finds a value.
   *
   * @param name its name
   * @return its entry, which may be empty by now; null where there is none
   */
  public @Nullable Entry<V, N> find(String name) {
    return all.get(name);
  }

  /**
   * Forgets a value.
   *
   * @param name its name
   * @return its entry, which may be empty by now; null where there was none
   */
  public @Nullable Entry<V, N> remove(String name) {
    return all.remove(name);
  }

  /**
   * Forgets what nobody holds, and counts the others.
   *
   * @return how many
   */
  public int size() {
    for (Reference<? extends V> dead = collected.poll(); dead != null; dead = collected.poll()) {
      if (dead instanceof Entry<?, ?> entry) {
        all.remove(entry.name, entry);
      }
    }
    return all.size();
  }
}
