package io.aragora.resilience.metrics.prometheus;

import static io.aragora.resilience.metrics.prometheus.MetricNames.ATTEMPT;
import static io.aragora.resilience.metrics.prometheus.MetricNames.FROM_STATE;
import static io.aragora.resilience.metrics.prometheus.MetricNames.KEY;
import static io.aragora.resilience.metrics.prometheus.MetricNames.NAME;
import static io.aragora.resilience.metrics.prometheus.MetricNames.OUTCOME;
import static io.aragora.resilience.metrics.prometheus.MetricNames.RUNTIME;
import static io.aragora.resilience.metrics.prometheus.MetricNames.SUCCESS;
import static io.aragora.resilience.metrics.prometheus.MetricNames.TO_STATE;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What is registered under each name: type, help and labels. */
final class Families {
  private static final List<MetricFamilyDescriptor> DESCRIBED = new ArrayList<>();

  /** Every one that is described below. */
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
      "Share of failures in the window, 0 to 1; while open, in the window that opened the breaker. NaN where none is counted.",
      NAME);
  static final MetricFamilyDescriptor BREAKER_STATE_CHANGES =
      counter(MetricNames.BREAKER_STATE_CHANGES, "Changes of state.", NAME, FROM_STATE, TO_STATE);
  static final MetricFamilyDescriptor BREAKER_SLOW_CALLS = counter(
      MetricNames.BREAKER_SLOW_CALLS, "Calls that took too long, where a rule asks for it.", NAME);
  static final MetricFamilyDescriptor KEYS =
      gauge(MetricNames.KEYS, "Keys that have a breaker of their own.", NAME);
  static final MetricFamilyDescriptor KEYS_OPEN =
      gauge(MetricNames.KEYS_OPEN, "Keys that are not admitting every call.", NAME);
  static final MetricFamilyDescriptor KEY_CALLS = counter(
      MetricNames.KEY_CALLS,
      "Calls by outcome, of the keys in most trouble or use, and of all others together.",
      NAME,
      KEY,
      OUTCOME);
  static final MetricFamilyDescriptor KEY_STATE = gauge(
      MetricNames.KEY_STATE,
      "State of the keys in most trouble or use: 0 admits every call, 1 admits none, 2 is half-open.",
      NAME,
      KEY);
  static final MetricFamilyDescriptor KEY_STATE_CHANGES = counter(
      MetricNames.KEY_STATE_CHANGES,
      "Changes of state, of all keys together.",
      NAME,
      FROM_STATE,
      TO_STATE);
  static final MetricFamilyDescriptor KEY_EVICTIONS =
      counter(MetricNames.KEY_EVICTIONS, "Keys that made room for others.", NAME);
  static final MetricFamilyDescriptor KEY_OVERFLOWS =
      counter(MetricNames.KEY_OVERFLOWS, "Look-ups of a key that found no room.", NAME);
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
      gauge(MetricNames.BUDGET_LEVEL, "Retries that successes have saved up.", NAME);
  static final MetricFamilyDescriptor BUDGET_REFUSED =
      counter(MetricNames.BUDGET_REFUSED, "Retries that the budget refused.", NAME);
  static final MetricFamilyDescriptor TIMEOUTS =
      counter(MetricNames.TIMEOUTS, "Calls that took longer than the limit.", NAME);
  static final MetricFamilyDescriptor TIMEOUT_CALLS =
      counter(MetricNames.TIMEOUT_CALLS, "Calls by outcome.", NAME, OUTCOME);
  static final MetricFamilyDescriptor FALLBACKS = counter(
      MetricNames.FALLBACKS,
      "Failures for which the fallback of a pipeline was asked.",
      NAME,
      OUTCOME);
  static final MetricFamilyDescriptor STORE_SAVED =
      counter(MetricNames.STORE_SAVED, "States saved.");
  static final MetricFamilyDescriptor STORE_FAILURES =
      counter(MetricNames.STORE_FAILURES, "Writes and reads that failed.");
  static final MetricFamilyDescriptor STORE_PENDING =
      gauge(MetricNames.STORE_PENDING, "Breakers that changed and are not saved yet.");
  static final MetricFamilyDescriptor TIMER_FIRED =
      counter(MetricNames.TIMER_FIRED, "What the timer of the runtime fired.");
  static final MetricFamilyDescriptor TIMER_LATENESS = described(
      MetricFamilyDescriptor.counter(MetricNames.TIMER_LATENESS).unit(Unit.SECONDS),
      "By how much the timer fired later than it was to, all together.");
  static final MetricFamilyDescriptor THREADS_BUSY =
      gauge(MetricNames.THREADS_BUSY, "Threads of a group that run a task.", MetricNames.GROUP);
  static final MetricFamilyDescriptor THREADS_BOUND = gauge(
      MetricNames.THREADS_BOUND, "The most threads that a group has at a time.", MetricNames.GROUP);
  static final MetricFamilyDescriptor THREADS_WAITING = gauge(
      MetricNames.THREADS_WAITING, "Tasks that wait for a thread of a group.", MetricNames.GROUP);
  static final MetricFamilyDescriptor THREADS_FAILURES = counter(
      MetricNames.THREADS_FAILURES,
      "How many times a thread of a group failed, and went on or was replaced.",
      MetricNames.GROUP);
  static final MetricFamilyDescriptor HEALTH_STATUS = gauge(
      MetricNames.HEALTH_STATUS,
      "1 where the check lets traffic go on, 0 where it does not.",
      NAME);
  static final MetricFamilyDescriptor HEALTH_SEVERITY = gauge(
      MetricNames.HEALTH_SEVERITY,
      "0 healthy, 1 unknown, 2 degraded, 3 unhealthy, 4 critical.",
      NAME);
  static final MetricFamilyDescriptor HEALTH_FAILURES = gauge(
      MetricNames.HEALTH_FAILURES,
      "Failures in a row: runs of a check, or what was reported to a tracker.",
      NAME);
  static final MetricFamilyDescriptor ENDPOINT_CONNECTIONS =
      gauge(MetricNames.ENDPOINT_CONNECTIONS, "Connections to the endpoint that are open.");
  static final MetricFamilyDescriptor ENDPOINT_ACCEPTED =
      counter(MetricNames.ENDPOINT_ACCEPTED, "Connections to the endpoint that were taken on.");
  static final MetricFamilyDescriptor ENDPOINT_CUT_OFF = counter(
      MetricNames.ENDPOINT_CUT_OFF,
      "Accepted connections that were closed because the client was too slow, or made room.");
  static final MetricFamilyDescriptor ENDPOINT_REFUSED = counter(
      MetricNames.ENDPOINT_REFUSED, "Connections that were closed at once for want of room.");
  static final MetricFamilyDescriptor ENDPOINT_WRONG_TOKENS = counter(
      MetricNames.ENDPOINT_WRONG_TOKENS, "Requests to the endpoint with a wrong operator token.");
  static final MetricFamilyDescriptor ENDPOINT_FAILURES =
      counter(MetricNames.ENDPOINT_FAILURES, "Failures that threads of the endpoint survived.");
  static final MetricFamilyDescriptor ENDPOINT_REOPENED =
      counter(MetricNames.ENDPOINT_REOPENED, "How often the port of the endpoint was opened anew.");
  static final MetricFamilyDescriptor OPERATION_DURATION = histogram(
      MetricNames.OPERATION_DURATION,
      "How long the calls of breakers took that counted as success or failure.",
      NAME,
      SUCCESS);
  static final MetricFamilyDescriptor RETRY_DELAY =
      histogram(MetricNames.RETRY_DELAY, "How long retries waited before a further attempt.", NAME);
  static final MetricFamilyDescriptor TIMEOUT_LIMIT =
      histogram(MetricNames.TIMEOUT_LIMIT, "The limits that calls exceeded.", NAME);

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
