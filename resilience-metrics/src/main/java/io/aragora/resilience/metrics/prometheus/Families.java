package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.List;

/** What is registered under each name: type, help and labels. */
final class Families {
  static final MetricFamilyDescriptor BREAKER_CALLS = MetricFamilyDescriptor.counter(
          MetricNames.BREAKER_CALLS)
      .help("Calls by outcome. A late outcome is counted as success or failure too.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME, MetricNames.OUTCOME)
      .build();
  static final MetricFamilyDescriptor BREAKER_STATE = MetricFamilyDescriptor.gauge(
          MetricNames.BREAKER_STATE)
      .help("State: 0 admits every call, 1 admits none, 2 is half-open.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor BREAKER_FAILURE_RATE = MetricFamilyDescriptor.gauge(
          MetricNames.BREAKER_FAILURE_RATE)
      .help("Share of failures in the window, 0 to 1.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor BREAKER_TRANSITIONS = MetricFamilyDescriptor.counter(
          MetricNames.BREAKER_TRANSITIONS)
      .help("Changes of state.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor BREAKER_SLOW_CALLS = MetricFamilyDescriptor.counter(
          MetricNames.BREAKER_SLOW_CALLS)
      .help("Calls that took too long, where a rule asks for it.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor KEYS = MetricFamilyDescriptor.gauge(MetricNames.KEYS)
      .help("Keys that have a breaker of their own.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor KEY_EVICTIONS = MetricFamilyDescriptor.counter(
          MetricNames.KEY_EVICTIONS)
      .help("Keys that made room for others.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor KEY_OVERFLOWS = MetricFamilyDescriptor.counter(
          MetricNames.KEY_OVERFLOWS)
      .help("Look-ups of a key that found no room.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor RETRY_CALLS = MetricFamilyDescriptor.counter(
          MetricNames.RETRY_CALLS)
      .help("Calls by outcome.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME, MetricNames.OUTCOME)
      .build();
  static final MetricFamilyDescriptor RETRY_ATTEMPTS = MetricFamilyDescriptor.counter(
          MetricNames.RETRY_ATTEMPTS)
      .help("Attempts beyond the first of each call.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor BUDGET_LEVEL = MetricFamilyDescriptor.gauge(
          MetricNames.BUDGET_LEVEL)
      .help("Retries that successes have saved up.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor BUDGET_REFUSED = MetricFamilyDescriptor.counter(
          MetricNames.BUDGET_REFUSED)
      .help("Retries that the budget refused.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor TIMEOUTS = MetricFamilyDescriptor.counter(
          MetricNames.TIMEOUTS)
      .help("Calls that took longer than the limit.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME)
      .build();
  static final MetricFamilyDescriptor TIMEOUT_CALLS = MetricFamilyDescriptor.counter(
          MetricNames.TIMEOUT_CALLS)
      .help("Calls by outcome.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME, MetricNames.OUTCOME)
      .build();
  static final MetricFamilyDescriptor FALLBACKS = MetricFamilyDescriptor.counter(
          MetricNames.FALLBACKS)
      .help("Failures for which the fallback of a pipeline was asked.")
      .labelNames(MetricNames.RUNTIME, MetricNames.NAME, MetricNames.OUTCOME)
      .build();
  static final MetricFamilyDescriptor STORE_SAVED = MetricFamilyDescriptor.counter(
          MetricNames.STORE_SAVED)
      .help("States saved.")
      .labelNames(MetricNames.RUNTIME)
      .build();
  static final MetricFamilyDescriptor STORE_FAILURES = MetricFamilyDescriptor.counter(
          MetricNames.STORE_FAILURES)
      .help("Writes and reads that failed.")
      .labelNames(MetricNames.RUNTIME)
      .build();
  static final MetricFamilyDescriptor STORE_PENDING = MetricFamilyDescriptor.gauge(
          MetricNames.STORE_PENDING)
      .help("Breakers that changed and are not saved yet.")
      .labelNames(MetricNames.RUNTIME)
      .build();

  static final List<MetricFamilyDescriptor> ALL = List.of(
      BREAKER_CALLS,
      BREAKER_STATE,
      BREAKER_FAILURE_RATE,
      BREAKER_TRANSITIONS,
      BREAKER_SLOW_CALLS,
      KEYS,
      KEY_EVICTIONS,
      KEY_OVERFLOWS,
      RETRY_CALLS,
      RETRY_ATTEMPTS,
      BUDGET_LEVEL,
      BUDGET_REFUSED,
      TIMEOUTS,
      TIMEOUT_CALLS,
      FALLBACKS,
      STORE_SAVED,
      STORE_FAILURES,
      STORE_PENDING);

  private Families() {}
}
