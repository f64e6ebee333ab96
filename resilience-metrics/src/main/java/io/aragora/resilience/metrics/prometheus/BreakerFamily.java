package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;

/** The families of breakers. */
enum BreakerFamily {
  CALLS(Families.BREAKER_CALLS),
  FAILURE_RATE(Families.BREAKER_FAILURE_RATE),
  SLOW_CALLS(Families.BREAKER_SLOW_CALLS),
  STATE(Families.BREAKER_STATE),
  STATE_CHANGES(Families.BREAKER_STATE_CHANGES),
  THROTTLED(Families.BREAKER_THROTTLED),
  THROTTLE_SHARE(Families.BREAKER_THROTTLE_SHARE);

  @SuppressWarnings("ImmutableEnumChecker") // a record of texts
  private final FamilyHead head;

  BreakerFamily(MetricFamilyDescriptor descriptor) {
    this.head = FamilyHead.of(descriptor);
  }

  FamilyHead head() {
    return head;
  }
}
