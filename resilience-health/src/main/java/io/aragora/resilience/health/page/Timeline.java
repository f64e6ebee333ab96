package io.aragora.resilience.health.page;

import io.aragora.resilience.health.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The last things that happened, numbered from 1. Who has seen them up to a number asks for those after it; who has missed
 * more than is kept gets all that is kept. Thread-safe.
 */
final class Timeline {
  static final int MOST = 100;

  private record Entry(long number, JsonObject json) {}

  private final Deque<Entry> entries = new ArrayDeque<>();
  private long last;

  /**
   * What a viewer has not seen yet.
   *
   * @param last the number of the newest
   * @param whole whether these take the place of what the viewer has
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

  /** Gives what came after a number; -1 where nothing was seen yet. */
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
