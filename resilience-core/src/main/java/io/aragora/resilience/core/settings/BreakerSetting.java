package io.aragora.resilience.core.settings;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** A setting of a breaker that can be given from outside the code. */
enum BreakerSetting {
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
      "halfOpenMaxDuration", (draft, text) -> draft.builder().halfOpenMaxDuration(text.duration()));

  static final String PREFIX = "resilience.circuitbreaker.";

  private static final List<BreakerSetting> ALL = List.of(values());

  private final String key;
  private final String variable;

  @SuppressWarnings("ImmutableEnumChecker") // the lambdas capture nothing
  private final BiConsumer<Draft, SettingText> writer;

  BreakerSetting(String key, BiConsumer<Draft, SettingText> writer) {
    this.key = key;
    this.variable = "ARAGORA_CB_" + name();
    this.writer = writer;
  }

  /** With a variable that is not named after the setting, but as it always was. */
  BreakerSetting(String key, String variable, BiConsumer<Draft, SettingText> writer) {
    this.key = key;
    this.variable = "ARAGORA_CB_" + variable;
    this.writer = writer;
  }

  static List<BreakerSetting> all() {
    return ALL;
  }

  static Optional<BreakerSetting> find(String key) {
    return ALL.stream().filter(setting -> setting.key.equals(key)).findFirst();
  }

  static String known() {
    return String.join(", ", Arrays.stream(values()).map(BreakerSetting::key).toList());
  }

  String key() {
    return key;
  }

  String variable() {
    return variable;
  }

  String property() {
    return PREFIX + key;
  }

  String property(String breaker) {
    return PREFIX + breaker + '.' + key;
  }

  /** A window is of time or of calls, so either setting takes the place of the other. */
  BreakerSetting place() {
    return this == COUNT_WINDOW ? WINDOW : this;
  }

  /** Throws {@link IllegalArgumentException} with setting, rule and value. */
  void write(Draft draft, String text) {
    writer.accept(draft, new SettingText(key, text));
  }
}
