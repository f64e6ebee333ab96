package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.spi.Readings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the policies that are not breakers, as they write themselves, and the store: at most {@value #MOST} of a kind, the busiest
 * impaired ones first.
 */
final class OtherPolicies {
  static final int MOST = 50;

  /** The names of the lists, by kind. */
  private static final Map<String, String> LISTS = Map.ofEntries(
      Map.entry("retry", "retries"),
      Map.entry("retrybudget", "budgets"),
      Map.entry("timeout", "timeouts"),
      Map.entry("bulkhead", "bulkheads"),
      Map.entry("concurrencylimit", "limits"),
      Map.entry("ratelimiter", "limiters"),
      Map.entry("keyedratelimiter", "keyed_limiters"),
      Map.entry("hedge", "hedges"),
      Map.entry("coalescer", "coalescers"),
      Map.entry("chaos", "chaos_policies"),
      Map.entry("fallback", "fallbacks"));

  /** The outcomes by which policies are ordered, besides the kinds of rejections. */
  private static final Set<String> TROUBLE = Set.of(
      "exhausted",
      "out_of_time",
      "out_of_budget",
      "backoff_stopped",
      "stood_down",
      "rejected",
      "fired",
      "late",
      "stale",
      "failed");

  private final Resilience resilience;

  OtherPolicies(Resilience resilience) {
    this.resilience = resilience;
  }

  /** Adds a list for each kind with its number of policies, {@code retries} and {@code retries_count}, and {@code store}. */
  void addTo(JsonObject board) {
    Lists lists = new Lists();
    resilience.policies().read(lists);
    lists.byName.forEach((list, rows) -> {
      rows.sort(Row.WORST_FIRST);
      board
          .put(list, rows.stream().limit(MOST).map(row -> row.json).toList())
          .put(list + "_count", rows.size());
    });
    addStore(board, resilience.status().stateStore());
  }

  /** One policy: its name, its calls by outcome, and its other numbers by their names. */
  private static final class Row {
    static final Comparator<Row> WORST_FIRST = Comparator.comparingLong((Row row) -> row.trouble)
        .reversed()
        .thenComparing(row -> row.name);

    private final String name;
    private final JsonObject json;

    /** The calls by outcome, those of all priorities together. */
    private final Map<String, Long> calls = new HashMap<>();

    private long trouble;

    Row(String name) {
      this.name = name;
      this.json = new JsonObject().put("name", name);
    }
  }

  private static final class Lists implements Readings {
    private final Map<String, List<Row>> byName = new LinkedHashMap<>();
    private @Nullable Row row;

    @Override
    public boolean wants(String kind) {
      return LISTS.containsKey(kind);
    }

    @Override
    public void policy(String kind, String name) {
      Row begun = new Row(name);
      byName
          .computeIfAbsent(LISTS.getOrDefault(kind, kind), none -> new ArrayList<>())
          .add(begun);
      row = begun;
    }

    @Override
    public void count(String what, String outcome, long value) {
      String shown = outcome.equals(NONE) ? what : outcome;
      boolean areCalls = what.equals("calls") || what.startsWith("calls.");
      if (row != null && (areCalls || outcome.equals(NONE))) {
        row.json.put(shown, areCalls ? row.calls.merge(shown, value, Long::sum) : value);
        row.trouble += TROUBLE.contains(shown) || shown.startsWith("rejected") ? value : 0;
      }
    }

    @Override
    public void level(String what, double value) {
      if (row != null) {
        row.json.put(what, value);
      }
    }
  }

  private static void addStore(JsonObject board, StateStoreStatus store) {
    // Neither location nor error: both may reveal facts about the machine.
    if (!store.location().equals(StateStoreStatus.NONE.location())) {
      board.put(
          "store",
          new JsonObject()
              .put("pending", store.pending())
              .put("saved", store.saved())
              .put("failures", store.failures())
              .put("failing", store.lastError() != null));
    }
  }
}
