package io.aragora.resilience.metrics.prometheus;

/** The names of the metrics and of their labels. {@code docs/metrics.md} tells what each means. Has no state. */
public final class MetricNames {
  /** Counter: what became of the calls of a breaker. */
  public static final String BREAKER_CALLS = "resilience_circuit_breaker_calls_total";
  /** Gauge: 0 where a breaker admits every call, 1 where it admits none, 2 where it is half-open. */
  public static final String BREAKER_STATE = "resilience_circuit_breaker_state";
  /**
   * Gauge: failures in the window of a breaker, from 0 to 1; while it is open, in the window that opened it. NaN where a breaker
   * counts none: half-open, disabled, or opened by hand, by a probe or by a restart.
   */
  public static final String BREAKER_FAILURE_RATE = "resilience_circuit_breaker_failure_rate";
  /** Counter: changes of state of a breaker. */
  public static final String BREAKER_STATE_CHANGES =
      "resilience_circuit_breaker_state_changes_total";
  /** Counter: calls of a breaker that took too long, where a rule asks for it. */
  public static final String BREAKER_SLOW_CALLS = "resilience_circuit_breaker_slow_calls_total";

  /** Gauge: keys of a keyed breaker that have a breaker of their own. */
  public static final String KEYS = "resilience_keyed_circuit_breaker_keys";
  /** Gauge: keys of a keyed breaker that are not admitting every call. */
  public static final String KEYS_OPEN = "resilience_keyed_circuit_breaker_open_keys";
  /** Counter: what became of the calls of a key. */
  public static final String KEY_CALLS = "resilience_keyed_circuit_breaker_calls_total";
  /** Gauge: the state of a key, as for {@link #BREAKER_STATE}. */
  public static final String KEY_STATE = "resilience_keyed_circuit_breaker_state";
  /** Counter: changes of state of any key of a keyed breaker. */
  public static final String KEY_STATE_CHANGES =
      "resilience_keyed_circuit_breaker_state_changes_total";
  /** Counter: keys of a keyed breaker that made room for others. */
  public static final String KEY_EVICTIONS = "resilience_keyed_circuit_breaker_evictions_total";
  /** Counter: how often a key found no room and was given the overflow breaker. */
  public static final String KEY_OVERFLOWS = "resilience_keyed_circuit_breaker_overflows_total";

  /** Counter: what became of the calls of a retry. */
  public static final String RETRY_CALLS = "resilience_retry_calls_total";
  /** Counter: attempts of a retry beyond the first of each call. */
  public static final String RETRY_ATTEMPTS = "resilience_retry_attempts_total";
  /** Counter: what became of the attempts of a retry, by their number. */
  public static final String RETRY_ATTEMPT_OUTCOMES = "resilience_retry_attempt_outcomes_total";

  /** Gauge: retries that successes have saved up in a budget. */
  public static final String BUDGET_LEVEL = "resilience_retry_budget_level";
  /** Counter: retries that a budget refused. */
  public static final String BUDGET_REFUSED = "resilience_retry_budget_refused_total";

  /** Counter: calls of a timeout that took longer than its limit. */
  public static final String TIMEOUTS = "resilience_timeouts_total";
  /** Counter: what became of the calls of a timeout. */
  public static final String TIMEOUT_CALLS = "resilience_timeout_calls_total";

  /** Counter: failures for which the fallback of a pipeline was asked, and what became of them. */
  public static final String FALLBACKS = "resilience_fallbacks_total";

  /** Histogram, where it is asked for: how long the calls of a breaker took. */
  public static final String OPERATION_DURATION = "resilience_operation_duration_seconds";
  /** Histogram, where it is asked for: how long a retry waited before a further attempt. */
  public static final String RETRY_DELAY = "resilience_retry_delay_seconds";
  /** Histogram, where it is asked for: the limits that calls exceeded. */
  public static final String TIMEOUT_LIMIT = "resilience_timeout_seconds";

  /** Counter: what the timer of a runtime fired. */
  public static final String TIMER_FIRED = "resilience_timer_fired_total";
  /** Counter: by how much that was late, all together. */
  public static final String TIMER_LATENESS = "resilience_timer_lateness_seconds_total";

  /** Gauge: threads of a group that run a task. */
  public static final String THREADS_BUSY = "resilience_threads_busy";
  /** Gauge: the most threads that a group has at a time. */
  public static final String THREADS_BOUND = "resilience_threads_bound";
  /** Gauge: tasks that wait for a thread of a group. */
  public static final String THREADS_WAITING = "resilience_threads_waiting";
  /** Counter: how many times a thread of a group failed, and went on or was replaced. */
  public static final String THREADS_FAILURES = "resilience_threads_failures_total";

  /** Gauge: 1 where a health check lets traffic go on, 0 where it does not. */
  public static final String HEALTH_STATUS = "resilience_health_status";
  /** Gauge: how bad the status of a health check is, from 0 for healthy to 4 for critical. */
  public static final String HEALTH_SEVERITY = "resilience_health_severity";
  /** Gauge: how many times in a row a health check failed, or failures were reported to a tracker. */
  public static final String HEALTH_FAILURES = "resilience_health_consecutive_failures";

  /** Counter: states that were saved. */
  public static final String STORE_SAVED = "resilience_state_store_saved_total";
  /** Counter: writes and reads of the store that failed. */
  public static final String STORE_FAILURES = "resilience_state_store_failures_total";
  /** Gauge: breakers that changed and are not saved yet. */
  public static final String STORE_PENDING = "resilience_state_store_pending";

  /** Gauge: connections to the endpoint that are open. */
  public static final String ENDPOINT_CONNECTIONS = "resilience_endpoint_connections";
  /** Counter: connections to the endpoint that were taken on. */
  public static final String ENDPOINT_ACCEPTED = "resilience_endpoint_connections_accepted_total";
  /** Counter: those of them that were closed because the client was too slow, or made room. */
  public static final String ENDPOINT_CUT_OFF = "resilience_endpoint_connections_cut_off_total";
  /** Counter: connections to the endpoint that were closed at once because there was no room. */
  public static final String ENDPOINT_REFUSED = "resilience_endpoint_connections_refused_total";
  /** Counter: requests to the endpoint that carried a wrong operator token. */
  public static final String ENDPOINT_WRONG_TOKENS = "resilience_endpoint_wrong_tokens_total";
  /** Counter: failures that threads of the endpoint survived. */
  public static final String ENDPOINT_FAILURES = "resilience_endpoint_failures_total";
  /** Counter: how often the port of the endpoint was opened anew. */
  public static final String ENDPOINT_REOPENED = "resilience_endpoint_reopened_total";

  /** Label: the name of the runtime. */
  public static final String RUNTIME = "runtime";
  /** Label: the name of the breaker, retry, retry budget, timeout, pipeline or health check. */
  public static final String NAME = "name";
  /** Label: what became of a call. */
  public static final String OUTCOME = "outcome";
  /** Label: the group of a runtime's threads: {@code end}, {@code tell}, {@code interrupt} or {@code timer}. */
  public static final String GROUP = "group";
  /** Label: the key of a keyed breaker. */
  public static final String KEY = "key";
  /** Label: the state before a change. */
  public static final String FROM_STATE = "from_state";
  /** Label: the state after a change. */
  public static final String TO_STATE = "to_state";
  /** Label: the number of an attempt, 1 for the first; {@code 8+} for the eighth and all later ones. */
  public static final String ATTEMPT = "attempt";
  /** Label: whether a call was counted as a success, {@code true} or {@code false}. */
  public static final String SUCCESS = "success";

  /** The value of {@link #NAME}, or {@link #KEY}, that stands for all that found no room for a series of its own. */
  public static final String OTHER = "other";

  private MetricNames() {}
}
