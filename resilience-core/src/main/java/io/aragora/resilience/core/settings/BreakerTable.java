package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.util.Arrays;

/** The settings of breakers. */
final class BreakerTable extends SettingTable<CircuitBreakerConfig, CircuitBreakerConfig.Builder> {
  BreakerTable() {
    super(
        "circuitbreaker",
        "circuit breaker",
        "failureThreshold",
        "failureCountThreshold",
        "failureRateThreshold",
        "slowCallRateThreshold",
        "slowCallDuration",
        "throttle",
        "minimumNumberOfCalls",
        "window",
        "countWindow",
        "cooldown",
        "cooldownBackoff",
        "maxCooldown",
        "cooldownJitter",
        "successThreshold",
        "halfOpenMaxCalls",
        "halfOpenMaxDuration",
        "halfOpenFailureRateThreshold",
        "halfOpenCalls",
        "initialState",
        "recordInterrupted",
        "recordCancelled",
        "followPeers");
  }

  @Override
  void write(CircuitBreakerConfig.Builder draft, String setting, SettingText text) {
    switch (setting) {
      case "failureThreshold" -> {
        if (text.isOff()) {
          draft.noFailureThreshold();
        } else {
          draft.failureThreshold(text.whole());
        }
      }
      case "failureCountThreshold" -> {
        if (text.isOff()) {
          draft.noFailureCountThreshold();
        } else {
          draft.failureCountThreshold(text.whole());
        }
      }
      case "failureRateThreshold" -> {
        if (text.isOff()) {
          draft.noFailureRateThreshold();
        } else {
          draft.failureRateThreshold(text.decimal());
        }
      }
      case "slowCallRateThreshold" -> {
        if (text.isOff()) {
          draft.noSlowCallRateThreshold();
        } else {
          draft.slowCallRateThreshold(text.decimal());
        }
      }
      case "slowCallDuration" -> draft.slowCallDuration(text.duration());
      case "throttle" -> {
        if (text.isOff()) {
          draft.noThrottle();
        } else {
          draft.throttle(text.decimal());
        }
      }
      case "minimumNumberOfCalls" -> draft.minimumNumberOfCalls(text.whole());
      case "window" -> draft.window(text.duration());
      case "countWindow" -> draft.countWindow(text.whole());
      case "cooldown" -> draft.cooldown(text.duration());
      case "cooldownBackoff" -> draft.cooldownBackoff(text.decimal());
      case "maxCooldown" -> draft.maxCooldown(text.duration());
      case "cooldownJitter" -> draft.cooldownJitter(text.decimal());
      case "successThreshold" -> draft.successThreshold(text.whole());
      case "halfOpenMaxCalls" -> draft.halfOpenMaxCalls(text.whole());
      case "halfOpenMaxDuration" -> draft.halfOpenMaxDuration(text.duration());
      case "halfOpenFailureRateThreshold" -> {
        if (text.isOff()) {
          draft.noHalfOpenFailureRateThreshold();
        } else {
          draft.halfOpenFailureRateThreshold(text.decimal());
        }
      }
      case "halfOpenCalls" -> draft.halfOpenCalls(text.whole());
      case "initialState" -> draft.initialState(state(text));
      case "recordInterrupted" -> draft.recordInterrupted(text.isTrue());
      case "recordCancelled" -> draft.recordCancelled(text.isTrue());
      case "followPeers" -> draft.followPeers(text.isTrue());
      default -> throw unknown(setting);
    }
  }

  private static CircuitBreakerState state(SettingText text) {
    String[] states = Arrays.stream(CircuitBreakerState.values())
        .map(CircuitBreakerState::text)
        .toArray(String[]::new);
    return CircuitBreakerState.parse(text.oneOf(states));
  }

  /** A window is measured in time or in calls, so each of the two settings replaces the other. */
  @Override
  String place(String setting) {
    return setting.equals("countWindow") ? "window" : setting;
  }

  /** The variables are those of the Python package, one of which has another name. */
  @Override
  String variable(String setting) {
    return super.variable(setting.equals("cooldown") ? "timeoutSeconds" : setting);
  }

  @Override
  String variableKey() {
    return "CB";
  }

  @Override
  CircuitBreakerConfig sample() {
    return CircuitBreakerConfig.defaults();
  }

  @Override
  CircuitBreakerConfig.Builder draft(CircuitBreakerConfig base) {
    return base.toBuilder();
  }

  @Override
  CircuitBreakerConfig finish(CircuitBreakerConfig.Builder draft) {
    return draft.build();
  }

  @Override
  boolean ignoresExternalConfig(CircuitBreakerConfig config) {
    return config.ignoresExternalConfig();
  }
}
