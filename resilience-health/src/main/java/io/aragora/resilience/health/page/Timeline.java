package io.aragora.resilience.health.page;

import io.aragora.resilience.health.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The latest events, numbered from 1. A viewer asks for the events after the last number it has seen; if some of those are
 * gone, it receives all entries that remain. Thread-safe.
 */
final class Timeline {
  static final int MOST = 100;

  private record Entry(long number, JsonObject json) {}

  private final Deque<Entry> entries = new ArrayDeque<>();
  private long last;

  /**
   * The entries that a viewer has not seen yet.
   *
   * @param last the number of the newest
   * @param whole whether these replace the viewer's entries
   * @param entries from the oldest to the newest
   */
  record News(long last, boolean whole, List<JsonObject> entries) {
    JsonObject toJson() {
      return new JsonObject().put("whole", whole).put("entries", entries);
    }
  }

  synchronized void add(JsonObject entry) {
    entries.add(new Entry(++last, entry.put("number", last)));
    if (entries.size() > MOST) {
      entries.remove();
    }
  }

  synchronized long last() {
    return last;
  }

  /** Returns the entries after a number; -1 if the viewer has seen none. */
  synchronized News after(long seen) {
    boolean whole = seen < last - entries.size() || seen < 0;
    List<JsonObject> news = new ArrayList<>();
    for (Entry entry : entries) {
      if (whole || entry.number > seen) {
        news.add(entry.json);
      }
    }
    return new News(last, whole, news);
  }
}
