package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.List;
import java.util.function.BiConsumer;

/** A setting of a breaker that can be given from outside the code. */
enum BreakerSetting implements PolicySetting<CircuitBreakerConfig.Builder> {
  FAILURE_THRESHOLD("failureThreshold", (draft, text) -> {
    if (text.isOff()) {
      draft.noFailureThreshold();
    } else {
      draft.failureThreshold(text.whole());
    }
  }),
  FAILURE_RATE_THRESHOLD("failureRateThreshold", (draft, text) -> {
    if (text.isOff()) {
      draft.noFailureRateThreshold();
    } else {
      draft.failureRateThreshold(text.decimal());
    }
  }),
  SLOW_CALL_RATE_THRESHOLD("slowCallRateThreshold", (draft, text) -> {
    if (text.isOff()) {
      draft.noSlowCallRateThreshold();
    } else {
      draft.slowCallRateThreshold(text.decimal());
    }
  }),
  SLOW_CALL_DURATION("slowCallDuration", (draft, text) -> draft.slowCallDuration(text.duration())),
  MINIMUM_NUMBER_OF_CALLS(
      "minimumNumberOfCalls", (draft, text) -> draft.minimumNumberOfCalls(text.whole())),
  WINDOW("window", (draft, text) -> draft.window(text.duration())),
  COUNT_WINDOW("countWindow", (draft, text) -> draft.countWindow(text.whole())),
  COOLDOWN("cooldown", "TIMEOUT_SECONDS", (draft, text) -> draft.cooldown(text.duration())),
  COOLDOWN_BACKOFF("cooldownBackoff", (draft, text) -> draft.cooldownBackoff(text.decimal())),
  MAX_COOLDOWN("maxCooldown", (draft, text) -> draft.maxCooldown(text.duration())),
  COOLDOWN_JITTER("cooldownJitter", (draft, text) -> draft.cooldownJitter(text.decimal())),
  SUCCESS_THRESHOLD("successThreshold", (draft, text) -> draft.successThreshold(text.whole())),
  HALF_OPEN_MAX_CALLS("halfOpenMaxCalls", (draft, text) -> draft.halfOpenMaxCalls(text.whole())),
  HALF_OPEN_MAX_DURATION(
      "halfOpenMaxDuration", (draft, text) -> draft.halfOpenMaxDuration(text.duration())),
  FOLLOW_PEERS("followPeers", (draft, text) -> draft.followPeers(text.isTrue()));

  static final SettingGroup<CircuitBreakerConfig, CircuitBreakerConfig.Builder> GROUP =
      new SettingGroup<>(
          "circuit breaker",
          "resilience.circuitbreaker.",
          List.of(values()),
          CircuitBreakerConfig.defaults(),
          CircuitBreakerConfig::toBuilder,
          CircuitBreakerConfig.Builder::build,
          CircuitBreakerConfig::ignoresExternalConfig);

  private final String key;
  private final String variable;

  @SuppressWarnings("ImmutableEnumChecker") // the lambdas capture nothing
  private final BiConsumer<CircuitBreakerConfig.Builder, SettingText> writer;

  BreakerSetting(String key, BiConsumer<CircuitBreakerConfig.Builder, SettingText> writer) {
    this.key = key;
    this.variable = "ARAGORA_CB_" + name();
    this.writer = writer;
  }

  /** Creates a setting whose environment variable keeps its historical name. */
  BreakerSetting(
      String key, String variable, BiConsumer<CircuitBreakerConfig.Builder, SettingText> writer) {
    this.key = key;
    this.variable = "ARAGORA_CB_" + variable;
    this.writer = writer;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public String variable() {
    return variable;
  }

  /** A window is measured in time or in calls, so each of the two settings replaces the other. */
  @Override
  public BreakerSetting place() {
    return this == COUNT_WINDOW ? WINDOW : this;
  }

  @Override
  public void write(CircuitBreakerConfig.Builder draft, SettingText text) {
    writer.accept(draft, text);
  }
}
