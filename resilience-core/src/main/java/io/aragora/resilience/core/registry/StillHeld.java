package io.aragora.resilience.core.registry;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Evicted objects by name, as long as other code holds them. So two halves of a program never have
 * two objects of one name. The caller enforces the bound. Not thread-safe.
 *
 * @param <V> the evicted object
 * @param <N> the note about each
 */
public final class StillHeld<V, N> {
  /**
   * A weak reference to a value, with its note.
   *
   * @param <V> the evicted object
   * @param <N> the note about each
   */
  public static final class Entry<V, N> extends WeakReference<V> {
    private final String name;
    private final N note;

    private Entry(String name, V value, N note, ReferenceQueue<V> collected) {
      super(value, collected);
      this.name = name;
      this.note = note;
    }

    /** {@return the name of the value} */
    public String name() {
      return name;
    }

    /** {@return the note} */
    public N note() {
      return note;
    }
  }

  private final Map<String, Entry<V, N>> all = new HashMap<>();
  private final ReferenceQueue<V> collected = new ReferenceQueue<>();

  /** Creates an empty map. */
  public StillHeld() {}

  /**
   * Adds a value, and replaces one of the same name.
   *
   * @param name its name
   * @param value the value
   * @param note the note that is returned with it
   */
  public void add(String name, V value, N note) {
    all.put(name, new Entry<>(name, value, note, collected));
  }

  /**
   * Returns a value.
   *
   * @param name its name
   * @return its entry, which may be empty by now; null if there is none
   */
  public @Nullable Entry<V, N> find(String name) {
    return all.get(name);
  }

  /**
   * Removes a value.
   *
   * @param name its name
   * @return its entry, which may be empty by now; null if there was none
   */
  public @Nullable Entry<V, N> remove(String name) {
    return all.remove(name);
  }

  /** {@return the entries, which may be empty by now; a copy} */
  public List<Entry<V, N>> entries() {
    return List.copyOf(all.values());
  }

  /**
   * Removes values that no other code holds, and counts the rest.
   *
   * @return the number of values that are still held
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
