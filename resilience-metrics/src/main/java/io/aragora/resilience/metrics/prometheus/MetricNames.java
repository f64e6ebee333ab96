package io.aragora.resilience.metrics.prometheus;

/** The names of the metrics and of their labels. {@code docs/metrics.md} explains each. Stateless and thread-safe. */
public final class MetricNames {
  /** Counter: calls of a breaker, by outcome. */
  public static final String BREAKER_CALLS = "resilience_circuit_breaker_calls_total";
  /** Gauge: 0 if a breaker admits every call, 1 if it admits none, 2 if it is half-open. */
  public static final String BREAKER_STATE = "resilience_circuit_breaker_state";
  /**
   * Gauge: failures in the window of a breaker, from 0 to 1; while it is open, in the window that opened it. NaN if the
   * breaker counts no calls: half-open, disabled, or opened by an operator, a probe or a restart.
   */
  public static final String BREAKER_FAILURE_RATE = "resilience_circuit_breaker_failure_rate";
  /** Counter: state transitions of a breaker. */
  public static final String BREAKER_STATE_CHANGES =
      "resilience_circuit_breaker_state_changes_total";
  /** Counter: slow calls of a breaker with a slow-call rule. */
  public static final String BREAKER_SLOW_CALLS = "resilience_circuit_breaker_slow_calls_total";
  /** Counter: calls that a closed breaker rejected by throttling. */
  public static final String BREAKER_THROTTLED = "resilience_circuit_breaker_throttled_calls_total";
  /** Gauge: the share of calls that a closed breaker rejects by throttling, from 0 to 0.9. */
  public static final String BREAKER_THROTTLE_SHARE = "resilience_circuit_breaker_throttle_share";

  /** Gauge: keys of a keyed breaker with their own breaker. */
  public static final String KEYS = "resilience_keyed_circuit_breaker_keys";
  /** Gauge: keys of a keyed breaker that do not admit every call. */
  public static final String KEYS_OPEN = "resilience_keyed_circuit_breaker_open_keys";
  /** Counter: calls of a key, by outcome. */
  public static final String KEY_CALLS = "resilience_keyed_circuit_breaker_calls_total";
  /** Gauge: the state of a key, as for {@link #BREAKER_STATE}. */
  public static final String KEY_STATE = "resilience_keyed_circuit_breaker_state";
  /** Counter: state transitions of all keys of a keyed breaker. */
  public static final String KEY_STATE_CHANGES =
      "resilience_keyed_circuit_breaker_state_changes_total";
  /** Counter: evicted keys of a keyed breaker. */
  public static final String KEY_EVICTIONS = "resilience_keyed_circuit_breaker_evictions_total";
  /** Counter: look-ups of a key that returned the overflow breaker. */
  public static final String KEY_OVERFLOWS = "resilience_keyed_circuit_breaker_overflows_total";

  /** Counter: calls of a bulkhead by outcome. */
  public static final String BULKHEAD_CALLS = "resilience_bulkhead_calls_total";
  /** Gauge: calls under way in a bulkhead. */
  public static final String BULKHEAD_IN_USE = "resilience_bulkhead_in_use";
  /** Gauge: calls that a bulkhead admits at a time. */
  public static final String BULKHEAD_LIMIT = "resilience_bulkhead_limit";
  /** Gauge: calls that wait for a bulkhead. */
  public static final String BULKHEAD_WAITING = "resilience_bulkhead_waiting";
  /** Counter: permits that were held for too long, and were taken over. */
  public static final String BULKHEAD_EXPIRED = "resilience_bulkhead_expired_permits_total";
  /** Gauge: calls that a concurrency limit admits at a time. */
  public static final String CONCURRENCY_LIMIT = "resilience_concurrency_limit";
  /** Gauge: calls under way in a concurrency limit. */
  public static final String CONCURRENCY_LIMIT_IN_USE = "resilience_concurrency_limit_in_use";
  /** Gauge: calls that wait for a concurrency limit. */
  public static final String CONCURRENCY_LIMIT_WAITING = "resilience_concurrency_limit_waiting";
  /** Counter: calls of a concurrency limit by priority and outcome. */
  public static final String CONCURRENCY_LIMIT_CALLS = "resilience_concurrency_limit_calls_total";
  /** Counter: calls of a concurrency limit whose end was a sign of overload. */
  public static final String CONCURRENCY_LIMIT_DROPS = "resilience_concurrency_limit_drops_total";
  /** Gauge: the latency of the last window, and the one without load, in seconds. */
  public static final String CONCURRENCY_LIMIT_LATENCY =
      "resilience_concurrency_limit_latency_seconds";
  /** Counter: windows of a concurrency limit by the rule that decided. */
  public static final String CONCURRENCY_LIMIT_CHANGES =
      "resilience_concurrency_limit_changes_total";
  /** Counter: calls of a rate limiter by outcome. */
  public static final String RATE_LIMITER_CALLS = "resilience_rate_limiter_calls_total";
  /** Counter: permits that calls took. */
  public static final String RATE_LIMITER_PERMITS = "resilience_rate_limiter_permits_total";
  /** Gauge: permits that can be taken now. */
  public static final String RATE_LIMITER_AVAILABLE = "resilience_rate_limiter_available";
  /** Gauge: calls that wait for a rate limiter. */
  public static final String RATE_LIMITER_WAITING = "resilience_rate_limiter_waiting";
  /** Gauge: how much longer a rate limiter is paused, in seconds. */
  public static final String RATE_LIMITER_PAUSED = "resilience_rate_limiter_paused_seconds";
  /** Gauge: whether a shared rate limiter works without the quota store. */
  public static final String RATE_LIMITER_ALONE = "resilience_rate_limiter_alone";
  /** Gauge: instances that share a rate limiter. */
  public static final String RATE_LIMITER_INSTANCES = "resilience_rate_limiter_instances";
  /** Gauge: keys of a keyed rate limiter with their own level. */
  public static final String LIMITER_KEYS = "resilience_keyed_rate_limiter_keys";
  /** Counter: calls of a keyed rate limiter, by key and outcome. */
  public static final String LIMITER_KEY_CALLS = "resilience_keyed_rate_limiter_calls_total";
  /** Counter: keys evicted to make room for new ones. */
  public static final String LIMITER_KEY_EVICTIONS =
      "resilience_keyed_rate_limiter_evictions_total";
  /** Counter: look-ups of new keys that had to share the overflow limiter. */
  public static final String LIMITER_KEY_OVERFLOWS =
      "resilience_keyed_rate_limiter_overflows_total";
  /** Histogram: waits of calls before a bulkhead, rate limiter or concurrency limit admitted them. */
  public static final String ADMISSION_WAIT = "resilience_admission_wait_seconds";

  /** Counter: calls of a hedge, by outcome. */
  public static final String HEDGE_CALLS = "resilience_hedge_calls_total";
  /** Counter: hedges by outcome. */
  public static final String HEDGES = "resilience_hedge_hedges_total";
  /** Counter: hedges that won, and waited for a first attempt that went on after its interrupt. */
  public static final String HEDGES_WON_LATE = "resilience_hedge_won_late_total";
  /** Gauge: the present delay of a hedge. */
  public static final String HEDGE_DELAY = "resilience_hedge_delay_seconds";

  /** Counter: calls of a coalescer, by outcome. */
  public static final String COALESCER_CALLS = "resilience_coalescer_calls_total";
  /** Gauge: keys of a coalescer with a call under way. */
  public static final String COALESCER_FLIGHTS = "resilience_coalescer_flights";

  /** Counter: what chaos injected into calls, by kind. */
  public static final String CHAOS_INJECTIONS = "resilience_chaos_injections_total";
  /** Gauge: 1 while chaos is active, else 0. */
  public static final String CHAOS_ACTIVE = "resilience_chaos_active";

  /** Counter: calls of a retry, by outcome. */
  public static final String RETRY_CALLS = "resilience_retry_calls_total";
  /** Counter: attempts of a retry beyond the first of each call. */
  public static final String RETRY_ATTEMPTS = "resilience_retry_attempts_total";
  /** Counter: attempts of a retry, by number and outcome. */
  public static final String RETRY_ATTEMPT_OUTCOMES = "resilience_retry_attempt_outcomes_total";

  /** Gauge: retries that successes have earned for a budget, and that are still unused. */
  public static final String BUDGET_LEVEL = "resilience_retry_budget_level";
  /** Gauge: whether a shared retry budget works without the quota store. */
  public static final String BUDGET_ALONE = "resilience_retry_budget_alone";
  /** Counter: retries that a budget rejected. */
  public static final String BUDGET_REJECTED = "resilience_retry_budget_rejected_total";

  /** Counter: calls that exceeded a timeout. */
  public static final String TIMEOUTS = "resilience_timeouts_total";
  /** Counter: calls of a timeout, by outcome. */
  public static final String TIMEOUT_CALLS = "resilience_timeout_calls_total";

  /** Counter: failures for which a pipeline's fallback was called, by outcome. */
  public static final String FALLBACKS = "resilience_fallbacks_total";

  /** Histogram, if durations are on: durations of a breaker's calls. */
  public static final String OPERATION_DURATION = "resilience_operation_duration_seconds";
  /** Histogram, if durations are on: delays of a retry before further attempts. */
  public static final String RETRY_DELAY = "resilience_retry_delay_seconds";
  /** Histogram, if durations are on: timeouts that calls exceeded. */
  public static final String TIMEOUT_LIMIT = "resilience_timeout_seconds";

  /** Counter: operations that the timer of a runtime fired. */
  public static final String TIMER_FIRED = "resilience_timer_fired_total";
  /** Counter: sum of the delays by which the timer fired late. */
  public static final String TIMER_LATENESS = "resilience_timer_lateness_seconds_total";

  /** Gauge: threads of a group that run a task. */
  public static final String THREADS_BUSY = "resilience_threads_busy";
  /** Gauge: maximum number of threads of a group. */
  public static final String THREADS_BOUND = "resilience_threads_bound";
  /** Gauge: tasks that wait for a thread of a group. */
  public static final String THREADS_WAITING = "resilience_threads_waiting";
  /** Counter: failures of a group's threads, after which each continued or was replaced. */
  public static final String THREADS_FAILURES = "resilience_threads_failures_total";

  /** Gauge: 1 if a health check allows traffic, 0 if not. */
  public static final String HEALTH_STATUS = "resilience_health_status";
  /** Gauge: the status of a health check, from 0 for healthy to 4 for critical. */
  public static final String HEALTH_SEVERITY = "resilience_health_severity";
  /** Gauge: consecutive failures of a health check, or reported to a tracker. */
  public static final String HEALTH_FAILURES = "resilience_health_consecutive_failures";

  /** Counter: saved states. */
  public static final String STORE_SAVED = "resilience_state_store_saved_total";
  /** Counter: failed writes and reads of the store. */
  public static final String STORE_FAILURES = "resilience_state_store_failures_total";
  /** Gauge: changed breakers that are not saved yet. */
  public static final String STORE_PENDING = "resilience_state_store_pending";

  /** Gauge: open connections to the endpoint. */
  public static final String ENDPOINT_CONNECTIONS = "resilience_endpoint_connections";
  /** Counter: connections that the endpoint accepted. */
  public static final String ENDPOINT_ACCEPTED = "resilience_endpoint_connections_accepted_total";
  /** Counter: accepted connections closed because the client was too slow, or to make room. */
  public static final String ENDPOINT_CUT_OFF = "resilience_endpoint_connections_cut_off_total";
  /** Counter: connections closed at once because the endpoint was full. */
  public static final String ENDPOINT_REJECTED = "resilience_endpoint_connections_rejected_total";
  /** Counter: requests to the endpoint that carried a wrong operator token. */
  public static final String ENDPOINT_WRONG_TOKENS = "resilience_endpoint_wrong_tokens_total";
  /** Counter: failures that threads of the endpoint survived. */
  public static final String ENDPOINT_FAILURES = "resilience_endpoint_failures_total";
  /** Counter: times that the port of the endpoint was opened again. */
  public static final String ENDPOINT_REOPENED = "resilience_endpoint_reopened_total";

  /** Label: the name of the runtime. */
  public static final String RUNTIME = "runtime";
  /** Label: the name of the breaker, retry, retry budget, timeout, bulkhead, rate limiter, hedge, coalescer, chaos, pipeline or health check. */
  public static final String NAME = "name";
  /** Label: the kind of a policy that admits calls, {@code bulkhead} for instance; of what chaos injects, {@code fail} for instance. */
  public static final String KIND = "kind";
  /** Label: the outcome of a call. */
  public static final String OUTCOME = "outcome";
  /** Label: the group of a runtime's threads, as {@link io.aragora.resilience.ThreadLoad#group()} lists them. */
  public static final String GROUP = "group";
  /** Label: the key of a keyed breaker or rate limiter. */
  public static final String KEY = "key";
  /** Label: the state before a change. */
  public static final String FROM_STATE = "from_state";
  /** Label: the state after a change. */
  public static final String TO_STATE = "to_state";
  /** Label: the priority of a call: {@code critical}, {@code normal} or {@code sheddable}. */
  public static final String PRIORITY = "priority";
  /** Label: which latency: {@code recent} or {@code base}. */
  public static final String OF = "of";
  /** Label: the rule that decided, {@code growth} for instance. */
  public static final String RULE = "rule";
  /** Label: the number of an attempt, 1 for the first; {@code 8+} for the eighth and all later ones. */
  public static final String ATTEMPT = "attempt";
  /** Label: whether a call was counted as a success, {@code true} or {@code false}. */
  public static final String SUCCESS = "success";

  /** The value of {@link #NAME}, or {@link #KEY}, of the series that sums up all names, or keys, without their own. */
  public static final String OTHER = "other";

  private MetricNames() {}
}
