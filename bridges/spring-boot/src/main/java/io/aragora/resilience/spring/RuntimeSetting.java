package io.aragora.resilience.spring;

import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.spring.EnvironmentSettings.Property;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/** A setting of the runtime itself: one of its builder. */
enum RuntimeSetting {
  NAME("name") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.name(text);
    }
  },
  MAX_POLICIES("maxPolicies") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.maxPolicies(whole(text));
    }
  },
  STALE_AFTER("staleAfter") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.staleAfter(duration(text));
    }
  },
  STATE_STORE("stateStore") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.stateStore(text);
    }
  },
  REQUIRE_STATE_STORE("requireStateStore") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.requireStateStore(isTrue(text));
    }
  },
  SAVE_INTERVAL("saveInterval") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.saveInterval(duration(text));
    }
  },
  STATE_RETENTION("stateRetention") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.stateRetention(duration(text));
    }
  },
  QUOTA_STORE("quotaStore") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.quotaStore(text);
    }
  },
  LOG_TRANSITIONS("logTransitions") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      String level = text.equals("false") ? "OFF" : text.toUpperCase(Locale.ROOT); // YAML's off
      for (System.Logger.Level each : System.Logger.Level.values()) {
        if (each.name().equals(level)) {
          builder.logTransitions(each);
          return;
        }
      }
      throw new IllegalArgumentException("logTransitions must be one of "
          + Arrays.toString(System.Logger.Level.values()) + ": " + text);
    }
  },
  CONFIG_FILE("configFile") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      builder.configFile(Path.of(text));
    }
  },
  /** The system property of the library, which it reads by itself. */
  CONFIG("config") {
    @Override
    void write(ResilienceBuilder builder, String text) {
      if (!text.equals(System.getProperty("resilience.config"))) {
        throw new IllegalArgumentException(
            "config must be a system property; in other places its name is config-file: " + text);
      }
    }
  };

  private final String text;

  RuntimeSetting(String text) {
    this.text = text;
  }

  abstract void write(ResilienceBuilder builder, String value);

  /** Returns the setting of a name without dashes and in lower case; null if there is none. */
  static @Nullable RuntimeSetting find(String uniform) {
    for (RuntimeSetting setting : values()) {
      if (EnvironmentSettings.uniform(setting.text).equals(uniform)) {
        return setting;
      }
    }
    return null;
  }

  static List<String> names() {
    return Arrays.stream(values())
        .filter(setting -> setting != CONFIG)
        .map(setting -> setting.text)
        .toList();
  }

  static void apply(String uniform, Property property, ResilienceBuilder builder) {
    RuntimeSetting setting = find(uniform);
    if (setting != null) {
      try {
        setting.write(builder, property.value());
      } catch (IllegalArgumentException e) {
        throw setting == STATE_STORE || setting == QUOTA_STORE
            ? property.rejectedWithoutValue(
                String.valueOf(e.getMessage())) // a location may have a password
            : property.rejected(String.valueOf(e.getMessage()));
      }
    }
  }

  int whole(String value) {
    try {
      return Integer.parseInt(value.strip());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(text + " must be a whole number: " + value, e);
    }
  }

  boolean isTrue(String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException(text + " must be one of [true, false]: " + value);
    }
    return value.equals("true");
  }

  Duration duration(String value) {
    try {
      return DurationStyle.detectAndParse(value.strip(), ChronoUnit.SECONDS);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          text + " must be a duration, such as 500ms, 30s, 5m, 1h, 1d or PT30S: " + value, e);
    }
  }
}
