package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutTotals;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/** Reads retries, budgets, timeouts, fallbacks and the store, at most {@value #MOST} of a kind, the busiest impaired ones first. */
final class OtherPolicies {
  static final int MOST = 50;

  private record Row(long trouble, String name, JsonObject json) {
    static final Comparator<Row> WORST_FIRST =
        Comparator.comparingLong(Row::trouble).reversed().thenComparing(Row::name);
  }

  private final Resilience resilience;

  OtherPolicies(Resilience resilience) {
    this.resilience = resilience;
  }

  /** Adds {@code retries}, {@code budgets}, {@code timeouts}, {@code fallbacks}, their numbers, and {@code store}. */
  void addTo(JsonObject board) {
    List<Row> retries = new ArrayList<>();
    for (Retry retry : resilience.policies().retries()) {
      RetryTotals totals = retry.totals();
      retries.add(new Row(
          totals.gaveUp(),
          retry.name(),
          new JsonObject()
              .put("name", retry.name())
              .put("good_at_once", totals.succeededAtOnce())
              .put("good_later", totals.succeededAfterRetry())
              .put("retries", totals.retries())
              .put("gave_up", totals.gaveUp())
              .put("why", reasons(totals))
              .put("aborted", totals.aborted())
              .put("not_retried", totals.notRetried())
              .put("stopped", totals.count(RetryEvent.Kind.STOPPED))));
    }
    add(board, "retries", retries);
    List<Row> budgets = new ArrayList<>();
    for (RetryBudget budget : resilience.policies().retryBudgets()) {
      budgets.add(new Row(
          budget.refused(),
          budget.name(),
          new JsonObject()
              .put("name", budget.name())
              .put("level", budget.level())
              .put("capacity", budget.config().capacity())
              .put("refused", budget.refused())));
    }
    add(board, "budgets", budgets);
    List<Row> timeouts = new ArrayList<>();
    for (Timeout timeout : resilience.policies().timeouts()) {
      TimeoutTotals totals = timeout.totals();
      timeouts.add(new Row(
          totals.fired() + totals.late(),
          timeout.name(),
          new JsonObject()
              .put("name", timeout.name())
              .put("in_time", totals.inTime())
              .put("fired", totals.fired())
              .put("late", totals.late())));
    }
    add(board, "timeouts", timeouts);
    List<Row> fallbacks = new ArrayList<>();
    for (Map.Entry<String, FallbackTotals> fallback :
        resilience.status().fallbacks().entrySet()) {
      FallbackTotals totals = fallback.getValue();
      fallbacks.add(new Row(
          totals.failed(),
          fallback.getKey(),
          new JsonObject()
              .put("name", fallback.getKey())
              .put("used", totals.used())
              .put("failed", totals.failed())));
    }
    add(board, "fallbacks", fallbacks);
    addStore(board, resilience.status().stateStore());
  }

  /** Returns how often calls gave up for each reason that happened: {@code 3 exhausted, 1 out of time}. */
  private static String reasons(RetryTotals totals) {
    StringJoiner text = new StringJoiner(", ");
    for (RetryEvent.Kind kind : RetryEvent.Kind.values()) {
      if (kind.isGivenUp() && totals.count(kind) > 0) {
        text.add(totals.count(kind) + " " + kind.name().toLowerCase(Locale.ROOT).replace('_', ' '));
      }
    }
    return text.toString();
  }

  private static void add(JsonObject board, String kind, List<Row> rows) {
    rows.sort(Row.WORST_FIRST);
    board
        .put(
            kind,
            rows.subList(0, Math.min(MOST, rows.size())).stream().map(Row::json).toList())
        .put(kind + "_count", rows.size());
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
