package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.List;
import java.util.function.BiConsumer;

/** A setting of a breaker that can be given from outside the code. */
enum BreakerSetting implements PolicySetting<BreakerDraft> {
  FAILURE_THRESHOLD("failureThreshold", (draft, text) -> {
    if (text.isOff()) {
      draft.builder().noFailureThreshold();
    } else {
      draft.builder().failureThreshold(text.whole());
    }
  }),
  FAILURE_RATE_THRESHOLD("failureRateThreshold", (draft, text) -> {
    if (text.isOff()) {
      draft.builder().noFailureRateThreshold();
    } else {
      draft.builder().failureRateThreshold(text.decimal());
    }
  }),
  SLOW_CALL_RATE_THRESHOLD("slowCallRateThreshold", (draft, text) -> {
    if (text.isOff()) {
      draft.builder().noSlowCallRateThreshold();
    } else {
      draft.builder().slowCallRateThreshold(text.decimal());
    }
  }),
  SLOW_CALL_DURATION(
      "slowCallDuration", (draft, text) -> draft.builder().slowCallDuration(text.duration())),
  MINIMUM_NUMBER_OF_CALLS(
      "minimumNumberOfCalls", (draft, text) -> draft.builder().minimumNumberOfCalls(text.whole())),
  WINDOW("window", (draft, text) -> draft.builder().window(text.duration())),
  COUNT_WINDOW("countWindow", (draft, text) -> draft.builder().countWindow(text.whole())),
  COOLDOWN(
      "cooldown", "TIMEOUT_SECONDS", (draft, text) -> draft.builder().cooldown(text.duration())),
  COOLDOWN_BACKOFF("cooldownBackoff", (draft, text) -> draft.cooldownBackoff(text.decimal())),
  MAX_COOLDOWN("maxCooldown", (draft, text) -> draft.maxCooldown(text.duration())),
  COOLDOWN_JITTER(
      "cooldownJitter", (draft, text) -> draft.builder().cooldownJitter(text.decimal())),
  SUCCESS_THRESHOLD(
      "successThreshold", (draft, text) -> draft.builder().successThreshold(text.whole())),
  HALF_OPEN_MAX_CALLS(
      "halfOpenMaxCalls", (draft, text) -> draft.builder().halfOpenMaxCalls(text.whole())),
  HALF_OPEN_MAX_DURATION(
      "halfOpenMaxDuration", (draft, text) -> draft.builder().halfOpenMaxDuration(text.duration())),
  SHARE_STATE("shareState", (draft, text) -> draft.builder().shareState(text.isTrue()));

  static final SettingGroup<CircuitBreakerConfig, BreakerDraft> GROUP = new SettingGroup<>(
      "circuit breaker",
      "resilience.circuitbreaker.",
      List.of(values()),
      CircuitBreakerConfig.defaults(),
      BreakerDraft::new,
      draft -> draft.builder().build(),
      CircuitBreakerConfig::isPinned);

  private final String key;
  private final String variable;

  @SuppressWarnings("ImmutableEnumChecker") // the lambdas capture nothing
  private final BiConsumer<BreakerDraft, SettingText> writer;

  BreakerSetting(String key, BiConsumer<BreakerDraft, SettingText> writer) {
    this.key = key;
    this.variable = "ARAGORA_CB_" + name();
    this.writer = writer;
  }

  /** With a variable that is not named after the setting, but as it always was. */
  BreakerSetting(String key, String variable, BiConsumer<BreakerDraft, SettingText> writer) {
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

  /** A window is of time or of calls, so either setting takes the place of the other. */
  @Override
  public BreakerSetting place() {
    return this == COUNT_WINDOW ? WINDOW : this;
  }

  @Override
  public void write(BreakerDraft draft, SettingText text) {
    writer.accept(draft, text);
  }
}
