package io.aragora.resilience.opentelemetry;

import io.opentelemetry.api.common.AttributeKey;

/** The names of attributes. Each is in the namespace of this library, but for {@code error.type}, which has a convention. */
final class TelemetryNames {
  static final String SCOPE = "io.aragora.resilience";

  static final AttributeKey<String> RUNTIME = AttributeKey.stringKey("resilience.runtime.name");
  static final AttributeKey<String> POLICY = AttributeKey.stringKey("resilience.policy.name");
  static final AttributeKey<String> KIND = AttributeKey.stringKey("resilience.policy.kind");
  static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("resilience.outcome");
  static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("resilience.retry.attempt");
  static final AttributeKey<Double> DELAY = AttributeKey.doubleKey("resilience.retry.delay");
  static final AttributeKey<String> REASON = AttributeKey.stringKey("resilience.retry.reason");
  static final AttributeKey<Long> HEDGE = AttributeKey.longKey("resilience.hedge.number");
  static final AttributeKey<Double> ELAPSED = AttributeKey.doubleKey("resilience.timeout.elapsed");

  private TelemetryNames() {}
}
