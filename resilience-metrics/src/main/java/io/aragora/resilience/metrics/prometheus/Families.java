package io.aragora.resilience.metrics.prometheus;

import static io.aragora.resilience.metrics.prometheus.MetricNames.ATTEMPT;
import static io.aragora.resilience.metrics.prometheus.MetricNames.FROM_STATE;
import static io.aragora.resilience.metrics.prometheus.MetricNames.KEY;
import static io.aragora.resilience.metrics.prometheus.MetricNames.KIND;
import static io.aragora.resilience.metrics.prometheus.MetricNames.NAME;
import static io.aragora.resilience.metrics.prometheus.MetricNames.OF;
import static io.aragora.resilience.metrics.prometheus.MetricNames.OUTCOME;
import static io.aragora.resilience.metrics.prometheus.MetricNames.PRIORITY;
import static io.aragora.resilience.metrics.prometheus.MetricNames.RULE;
import static io.aragora.resilience.metrics.prometheus.MetricNames.RUNTIME;
import static io.aragora.resilience.metrics.prometheus.MetricNames.SUCCESS;
import static io.aragora.resilience.metrics.prometheus.MetricNames.TO_STATE;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The registered families: type, help text and labels of each name. */
final class Families {
  private static final List<MetricFamilyDescriptor> DESCRIBED = new ArrayList<>();

  /** All families below. */
  static final List<MetricFamilyDescriptor> ALL = Collections.unmodifiableList(DESCRIBED);

  static final MetricFamilyDescriptor BREAKER_CALLS = counter(
      MetricNames.BREAKER_CALLS,
      "Calls by outcome. A late outcome is counted as success or failure too.",
      NAME,
      OUTCOME);
  static final MetricFamilyDescriptor BREAKER_STATE = gauge(
      MetricNames.BREAKER_STATE,
      "State: 0 admits every call, 1 admits none, 2 is half-open.",
      NAME);
  static final MetricFamilyDescriptor BREAKER_FAILURE_RATE = gauge(
      MetricNames.BREAKER_FAILURE_RATE,
      "Share of failures in the window, 0 to 1; while open, in the window that opened the breaker. NaN if no call is counted.",
      NAME);
  static final MetricFamilyDescriptor BREAKER_STATE_CHANGES =
      counter(MetricNames.BREAKER_STATE_CHANGES, "State transitions.", NAME, FROM_STATE, TO_STATE);
  static final MetricFamilyDescriptor BREAKER_SLOW_CALLS = counter(
      MetricNames.BREAKER_SLOW_CALLS,
      "Calls at or above the slow-call duration, if the breaker has a slow-call rule.",
      NAME);
  static final MetricFamilyDescriptor BREAKER_THROTTLED = counter(
      MetricNames.BREAKER_THROTTLED,
      "Calls that a closed breaker rejected by throttling; rejected calls include them.",
      NAME);
  static final MetricFamilyDescriptor BREAKER_THROTTLE_SHARE = gauge(
      MetricNames.BREAKER_THROTTLE_SHARE,
      "Share of calls that the breaker throttles, 0 to 0.9, if it has the setting.",
      NAME);
  static final MetricFamilyDescriptor KEYS =
      gauge(MetricNames.KEYS, "Keys with their own breaker.", NAME);
  static final MetricFamilyDescriptor KEYS_OPEN =
      gauge(MetricNames.KEYS_OPEN, "Keys whose breaker does not admit every call.", NAME);
  static final MetricFamilyDescriptor KEY_CALLS = counter(
      MetricNames.KEY_CALLS,
      "Calls by outcome: of the most impaired or most used keys, and of all other keys together.",
      NAME,
      KEY,
      OUTCOME);
  static final MetricFamilyDescriptor KEY_STATE = gauge(
      MetricNames.KEY_STATE,
      "State of the most impaired or most used keys: 0 admits every call, 1 admits none, 2 is half-open.",
      NAME,
      KEY);
  static final MetricFamilyDescriptor KEY_STATE_CHANGES = counter(
      MetricNames.KEY_STATE_CHANGES,
      "State transitions of all keys together.",
      NAME,
      FROM_STATE,
      TO_STATE);
  static final MetricFamilyDescriptor KEY_EVICTIONS =
      counter(MetricNames.KEY_EVICTIONS, "Keys evicted to make room for new ones.", NAME);
  static final MetricFamilyDescriptor KEY_OVERFLOWS = counter(
      MetricNames.KEY_OVERFLOWS,
      "Look-ups of new keys that had to share the overflow breaker.",
      NAME);
  static final MetricFamilyDescriptor BULKHEAD_CALLS =
      counter(MetricNames.BULKHEAD_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor BULKHEAD_IN_USE =
      gauge(MetricNames.BULKHEAD_IN_USE, "Calls under way.", NAME);
  static final MetricFamilyDescriptor BULKHEAD_LIMIT =
      gauge(MetricNames.BULKHEAD_LIMIT, "Calls that are admitted at a time.", NAME);
  static final MetricFamilyDescriptor BULKHEAD_WAITING =
      gauge(MetricNames.BULKHEAD_WAITING, "Calls that wait for admission.", NAME);
  static final MetricFamilyDescriptor BULKHEAD_EXPIRED = counter(
      MetricNames.BULKHEAD_EXPIRED,
      "Permits that were held for too long, and were taken over.",
      NAME);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT =
      gauge(MetricNames.CONCURRENCY_LIMIT, "Calls that are admitted at a time.", NAME);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT_IN_USE =
      gauge(MetricNames.CONCURRENCY_LIMIT_IN_USE, "Calls under way.", NAME);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT_WAITING =
      gauge(MetricNames.CONCURRENCY_LIMIT_WAITING, "Calls that wait for admission.", NAME);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT_CALLS = counter(
      MetricNames.CONCURRENCY_LIMIT_CALLS,
      "Calls by priority and outcome.",
      NAME,
      PRIORITY,
      OUTCOME);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT_DROPS =
      counter(MetricNames.CONCURRENCY_LIMIT_DROPS, "Calls whose end was a sign of overload.", NAME);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT_LATENCY = gauge(
      MetricNames.CONCURRENCY_LIMIT_LATENCY,
      "The percentile of the last window, and what it is without load, in seconds.",
      NAME,
      OF);
  static final MetricFamilyDescriptor CONCURRENCY_LIMIT_CHANGES = counter(
      MetricNames.CONCURRENCY_LIMIT_CHANGES, "Windows by the rule that decided.", NAME, RULE);
  static final MetricFamilyDescriptor HEDGE_CALLS =
      counter(MetricNames.HEDGE_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor HEDGES =
      counter(MetricNames.HEDGES, "Hedges by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor HEDGES_WON_LATE = counter(
      MetricNames.HEDGES_WON_LATE,
      "Hedges that won, and waited for a first attempt that went on after its interrupt.",
      NAME);
  static final MetricFamilyDescriptor HEDGE_DELAY =
      gauge(MetricNames.HEDGE_DELAY, "Delay before a call is hedged, in seconds.", NAME);
  static final MetricFamilyDescriptor COALESCER_CALLS =
      counter(MetricNames.COALESCER_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor COALESCER_FLIGHTS =
      gauge(MetricNames.COALESCER_FLIGHTS, "Keys with a call under way.", NAME);
  static final MetricFamilyDescriptor CHAOS_INJECTIONS =
      counter(MetricNames.CHAOS_INJECTIONS, "Injections by kind.", NAME, KIND);
  static final MetricFamilyDescriptor CHAOS_ACTIVE =
      gauge(MetricNames.CHAOS_ACTIVE, "1 while chaos is active.", NAME);
  static final MetricFamilyDescriptor RATE_LIMITER_CALLS =
      counter(MetricNames.RATE_LIMITER_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor RATE_LIMITER_PERMITS =
      counter(MetricNames.RATE_LIMITER_PERMITS, "Permits that calls took.", NAME);
  static final MetricFamilyDescriptor RATE_LIMITER_AVAILABLE =
      gauge(MetricNames.RATE_LIMITER_AVAILABLE, "Permits that can be taken now.", NAME);
  static final MetricFamilyDescriptor RATE_LIMITER_WAITING =
      gauge(MetricNames.RATE_LIMITER_WAITING, "Calls that wait for admission.", NAME);
  static final MetricFamilyDescriptor RATE_LIMITER_PAUSED = gauge(
      MetricNames.RATE_LIMITER_PAUSED,
      "How much longer the limiter is paused, in seconds; 0 if it is not.",
      NAME);
  static final MetricFamilyDescriptor RATE_LIMITER_ALONE = gauge(
      MetricNames.RATE_LIMITER_ALONE,
      "1 if the shared limiter works without the quota store.",
      NAME);
  static final MetricFamilyDescriptor RATE_LIMITER_INSTANCES = gauge(
      MetricNames.RATE_LIMITER_INSTANCES,
      "Instances that share the limiter, as last reported.",
      NAME);
  static final MetricFamilyDescriptor LIMITER_KEYS =
      gauge(MetricNames.LIMITER_KEYS, "Keys with their own level.", NAME);
  static final MetricFamilyDescriptor LIMITER_KEY_CALLS = counter(
      MetricNames.LIMITER_KEY_CALLS,
      "Rejected calls of the most rejected keys; calls by outcome of all other keys together.",
      NAME,
      KEY,
      OUTCOME);
  static final MetricFamilyDescriptor LIMITER_KEY_EVICTIONS =
      counter(MetricNames.LIMITER_KEY_EVICTIONS, "Keys evicted to make room for new ones.", NAME);
  static final MetricFamilyDescriptor LIMITER_KEY_OVERFLOWS = counter(
      MetricNames.LIMITER_KEY_OVERFLOWS,
      "Look-ups of new keys that had to share the overflow limiter.",
      NAME);
  static final MetricFamilyDescriptor RETRY_CALLS =
      counter(MetricNames.RETRY_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor RETRY_ATTEMPTS =
      counter(MetricNames.RETRY_ATTEMPTS, "Attempts beyond the first of each call.", NAME);
  static final MetricFamilyDescriptor RETRY_ATTEMPT_OUTCOMES = counter(
      MetricNames.RETRY_ATTEMPT_OUTCOMES,
      "Attempts by their number and outcome, the first included.",
      NAME,
      ATTEMPT,
      OUTCOME);
  static final MetricFamilyDescriptor BUDGET_LEVEL =
      gauge(MetricNames.BUDGET_LEVEL, "Unused retries that successes have earned.", NAME);
  static final MetricFamilyDescriptor BUDGET_REJECTED =
      counter(MetricNames.BUDGET_REJECTED, "Retries that the budget rejected.", NAME);
  static final MetricFamilyDescriptor BUDGET_ALONE = gauge(
      MetricNames.BUDGET_ALONE, "1 if the shared budget works without the quota store.", NAME);
  static final MetricFamilyDescriptor TIMEOUTS =
      counter(MetricNames.TIMEOUTS, "Calls that exceeded the timeout.", NAME);
  static final MetricFamilyDescriptor TIMEOUT_CALLS =
      counter(MetricNames.TIMEOUT_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor FALLBACKS = counter(
      MetricNames.FALLBACKS, "Failures for which a pipeline's fallback was called.", NAME, OUTCOME);
  static final MetricFamilyDescriptor STORE_SAVED =
      counter(MetricNames.STORE_SAVED, "States saved.");
  static final MetricFamilyDescriptor STORE_FAILURES =
      counter(MetricNames.STORE_FAILURES, "Writes and reads that failed.");
  static final MetricFamilyDescriptor STORE_PENDING =
      gauge(MetricNames.STORE_PENDING, "Changed breakers that are not saved yet.");
  static final MetricFamilyDescriptor TIMER_FIRED =
      counter(MetricNames.TIMER_FIRED, "Operations that the runtime's timer fired.");
  static final MetricFamilyDescriptor TIMER_LATENESS = described(
      MetricFamilyDescriptor.counter(MetricNames.TIMER_LATENESS).unit(Unit.SECONDS),
      "Sum of the delays by which the timer fired late.");
  static final MetricFamilyDescriptor THREADS_BUSY =
      gauge(MetricNames.THREADS_BUSY, "Threads of a group that run a task.", MetricNames.GROUP);
  static final MetricFamilyDescriptor THREADS_BOUND =
      gauge(MetricNames.THREADS_BOUND, "Maximum number of threads of a group.", MetricNames.GROUP);
  static final MetricFamilyDescriptor THREADS_WAITING = gauge(
      MetricNames.THREADS_WAITING, "Tasks that wait for a thread of a group.", MetricNames.GROUP);
  static final MetricFamilyDescriptor THREADS_FAILURES = counter(
      MetricNames.THREADS_FAILURES,
      "Failures of a group's threads, after which each continued or was replaced.",
      MetricNames.GROUP);
  static final MetricFamilyDescriptor HEALTH_STATUS =
      gauge(MetricNames.HEALTH_STATUS, "1 if the check allows traffic, 0 if not.", NAME);
  static final MetricFamilyDescriptor HEALTH_SEVERITY = gauge(
      MetricNames.HEALTH_SEVERITY,
      "0 healthy, 1 unknown, 2 degraded, 3 unhealthy, 4 critical.",
      NAME);
  static final MetricFamilyDescriptor HEALTH_FAILURES = gauge(
      MetricNames.HEALTH_FAILURES,
      "Consecutive failures of a check, or reported to a tracker.",
      NAME);
  static final MetricFamilyDescriptor ENDPOINT_CONNECTIONS =
      gauge(MetricNames.ENDPOINT_CONNECTIONS, "Open connections to the endpoint.");
  static final MetricFamilyDescriptor ENDPOINT_ACCEPTED =
      counter(MetricNames.ENDPOINT_ACCEPTED, "Connections that the endpoint accepted.");
  static final MetricFamilyDescriptor ENDPOINT_CUT_OFF = counter(
      MetricNames.ENDPOINT_CUT_OFF,
      "Accepted connections closed because the client was too slow, or to make room.");
  static final MetricFamilyDescriptor ENDPOINT_REJECTED = counter(
      MetricNames.ENDPOINT_REJECTED, "Connections closed at once because the endpoint was full.");
  static final MetricFamilyDescriptor ENDPOINT_WRONG_TOKENS = counter(
      MetricNames.ENDPOINT_WRONG_TOKENS, "Requests to the endpoint with a wrong operator token.");
  static final MetricFamilyDescriptor ENDPOINT_FAILURES =
      counter(MetricNames.ENDPOINT_FAILURES, "Failures that threads of the endpoint survived.");
  static final MetricFamilyDescriptor ENDPOINT_REOPENED =
      counter(MetricNames.ENDPOINT_REOPENED, "Times that the endpoint's port was opened again.");
  static final MetricFamilyDescriptor OPERATION_DURATION = histogram(
      MetricNames.OPERATION_DURATION,
      "Duration of breaker calls that counted as success or failure.",
      NAME,
      SUCCESS);
  static final MetricFamilyDescriptor RETRY_DELAY =
      histogram(MetricNames.RETRY_DELAY, "Delay before each further attempt.", NAME);
  static final MetricFamilyDescriptor TIMEOUT_LIMIT =
      histogram(MetricNames.TIMEOUT_LIMIT, "Timeouts of the calls that exceeded them.", NAME);
  static final MetricFamilyDescriptor ADMISSION_WAIT = histogram(
      MetricNames.ADMISSION_WAIT, "Waits of calls before a policy admitted them.", NAME, KIND);

  private Families() {}

  private static MetricFamilyDescriptor counter(String name, String help, String... labels) {
    return described(MetricFamilyDescriptor.counter(name), help, labels);
  }

  private static MetricFamilyDescriptor gauge(String name, String help, String... labels) {
    return described(MetricFamilyDescriptor.gauge(name), help, labels);
  }

  private static MetricFamilyDescriptor histogram(String name, String help, String... labels) {
    return described(MetricFamilyDescriptor.histogram(name).unit(Unit.SECONDS), help, labels);
  }

  private static MetricFamilyDescriptor described(
      MetricFamilyDescriptor.Builder<?> family, String help, String... labels) {
    MetricFamilyDescriptor descriptor =
        family.help(help).labelName(RUNTIME).labelNames(labels).build();
    DESCRIBED.add(descriptor);
    return descriptor;
  }
}
