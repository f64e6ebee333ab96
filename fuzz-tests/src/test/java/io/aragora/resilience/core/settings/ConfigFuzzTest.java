package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.fuzz.Shown;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.RetryConfig;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Settings from files, maps, system properties and the environment. */
class ConfigFuzzTest {
  private static final List<SettingTable<?, ?>> TABLES = RuntimeSettings.tables();
  private static final int MOST_OF_VALUE = 400;
  private static final int MOST_OF_FILE = 4000;
  private static final Pattern WITH_UNIT =
      Pattern.compile("([+-]?[0-9]{1,12}(?:\\.[0-9]{1,9})?) ?(ms|s|m|h|d|)");
  private static final Map<String, Long> NANOS = Map.of(
      "ms",
      1_000_000L,
      "",
      1_000_000_000L,
      "s",
      1_000_000_000L,
      "m",
      60_000_000_000L,
      "h",
      3_600_000_000_000L,
      "d",
      86_400_000_000_000L);
  private static final BigDecimal NANOS_OF_A_SECOND = BigDecimal.valueOf(1_000_000_000);

  /** Numbers without a limit say what a text means. */
  @FuzzTest
  void text(byte[] input) {
    String given = new FuzzInput(input).restAsText();
    SettingText text = new SettingText("cooldown", given);
    String stripped = given.strip();
    same(text, SettingText::duration, duration(stripped));
    same(text, SettingText::whole, whole(stripped));
    same(
        text,
        SettingText::decimal,
        stripped.matches("[+-]?[0-9]{1,12}(\\.[0-9]{1,9})?")
            ? (Double) new BigDecimal(stripped).doubleValue()
            : null);
    same(
        text,
        SettingText::isTrue,
        stripped.toLowerCase(Locale.ROOT).equals("true")
            ? Boolean.TRUE
            : stripped.toLowerCase(Locale.ROOT).equals("false") ? Boolean.FALSE : null);
  }

  private static <T> void same(SettingText text, Function<SettingText, T> read, T expected) {
    T found;
    try {
      found = read.apply(text);
    } catch (IllegalArgumentException e) {
      Shown.isOneLine(e.getMessage(), MOST_OF_VALUE);
      assertThat(e).hasMessageStartingWith("cooldown must be ");
      found = null;
    }
    if (found instanceof Double number) {
      assertThat(number == 0 ? 0.0 : number).isEqualTo(expected);
    } else {
      assertThat(found).isEqualTo(expected);
    }
  }

  private static Duration duration(String text) {
    Matcher matcher = WITH_UNIT.matcher(text.toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      BigDecimal nanos = new BigDecimal(matcher.group(1))
          .multiply(BigDecimal.valueOf(NANOS.get(matcher.group(2))));
      BigDecimal seconds = nanos.divide(NANOS_OF_A_SECOND, 0, RoundingMode.FLOOR);
      BigDecimal rest = nanos.subtract(seconds.multiply(NANOS_OF_A_SECOND));
      return Duration.ofSeconds(
          seconds.longValueExact(),
          rest.setScale(0, nanos.signum() < 0 ? RoundingMode.CEILING : RoundingMode.FLOOR)
              .longValueExact());
    }
    try {
      return Duration.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Integer whole(String text) {
    if (!text.matches("[+-]?[0-9]{1,12}")) {
      return null;
    }
    BigInteger number = new BigInteger(text);
    return number.bitLength() < Integer.SIZE ? (Integer) number.intValueExact() : null;
  }

  /** An invalid value is an error that names the setting. */
  @FuzzTest
  void value(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    SettingTable<?, ?> table = TABLES.get(fields.below(TABLES.size()));
    String setting = table.settings().get(fields.below(table.settings().size()));
    try {
      table.check(new Given(setting, fields.restAsText(), "file"));
    } catch (IllegalArgumentException e) {
      Shown.isOneLine(e.getMessage(), MOST_OF_VALUE);
      assertThat(e).hasMessageContaining(" must ");
    }
  }

  /** A file is read, or an error names it. Its settings are used, or an error names them. */
  @FuzzTest
  void file(byte[] input) {
    List<String> warnings = new ArrayList<>();
    try {
      RuntimeSettings settings = new RuntimeSettings(
          List.of(ConfigSource.read("configFile f", null, () -> new ByteArrayInputStream(input))),
          surroundings(Map.of(), Map.of()),
          warnings(warnings));
      for (String name : List.of("shop", "a.b", "\u00e9")) {
        resolve(settings, name);
      }
    } catch (ResilienceConfigurationException e) {
      assertThat(e).hasMessageStartingWith("configFile f: ");
      Shown.isOneLine(e.getMessage(), MOST_OF_FILE);
    }
    assertThat(warnings).isEmpty();
  }

  private static void resolve(RuntimeSettings settings, String name) {
    settings.breakers().resolve(name, CircuitBreakerConfig.defaults());
    settings.retry(name, RetryConfig.defaults());
    settings.timeout(name);
    settings.rateLimiter(name);
    settings.hedge(name);
    assertThat(settings.chaosScale(name)).isBetween(0.0, 1.0);
    settings.pipeline(name);
  }

  /** What the process says is used, or ignored with a warning: it never ends an application. */
  @FuzzTest
  void surroundings(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    Map<String, String> properties = new HashMap<>();
    Map<String, String> environment = new HashMap<>();
    while (fields.hasMore() && properties.size() + environment.size() < 50) {
      SettingTable<?, ?> table = TABLES.get(fields.below(TABLES.size()));
      String setting = table.settings().get(fields.below(table.settings().size()));
      switch (fields.below(3)) {
        case 0 -> environment.put(table.variable(setting), fields.text());
        case 1 -> properties.put(table.prefix() + setting, fields.text());
        default -> properties.put(table.prefix() + "shop." + setting, fields.text());
      }
    }
    List<String> warnings = new ArrayList<>();
    resolve(
        new RuntimeSettings(List.of(), surroundings(properties, environment), warnings(warnings)),
        "shop");
    for (String warning : warnings) {
      Shown.isOneLine(warning, 2 * MOST_OF_VALUE);
      assertThat(warning).contains(" is ignored: ");
    }
  }

  /** A pattern that looks ahead from each comma, which is slow for long texts, says what a list contains. */
  @FuzzTest
  void pipeline(byte[] input) {
    String text = new FuzzInput(input).restAsText();
    List<PolicyReference> policies = null;
    try {
      policies = PolicyReference.listed(new SettingText("policies", text));
    } catch (IllegalArgumentException e) {
      Shown.isOneLine(e.getMessage(), MOST_OF_VALUE);
    }
    assertThat(policies).isEqualTo(listed(text.strip()));
  }

  private static List<PolicyReference> listed(String text) {
    List<PolicyReference> policies = new ArrayList<>();
    for (String entry : text.split(",(?![^()]*\\))", -1)) {
      String[] parts = entry.split(":", 2);
      String kind = TABLES.stream()
          .filter(SettingTable::isPolicy)
          .map(SettingTable::key)
          .filter(parts[0].strip()::equalsIgnoreCase)
          .findFirst()
          .orElse(null);
      String name = parts.length == 1 ? "" : parts[1].strip();
      PolicyReference policy = kind == null ? null : new PolicyReference(kind, name);
      if (policy == null || policies.contains(policy) || parts.length == 2 && name.isEmpty()) {
        return null;
      }
      policies.add(policy);
    }
    return policies;
  }

  /** Entries of a map with any key are used, or an error names them. */
  @FuzzTest
  void map(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    Map<String, String> entries = new TreeMap<>();
    while (fields.hasMore() && entries.size() < 50) {
      entries.put(fields.text(), fields.text());
    }
    try {
      resolve(
          new RuntimeSettings(
              List.of(ConfigSource.ofMap(entries)),
              surroundings(Map.of(), Map.of()),
              warnings(new ArrayList<>())),
          "shop");
    } catch (ResilienceConfigurationException e) {
      assertThat(e).hasMessageStartingWith("config: ");
      Shown.isOneLine(e.getMessage(), MOST_OF_FILE);
    }
  }

  private static Surroundings surroundings(
      Map<String, String> properties, Map<String, String> environment) {
    return new Surroundings() {
      @Override
      String property(String name) {
        return properties.get(name);
      }

      @Override
      String variable(String name) {
        return environment.get(name);
      }
    };
  }

  private static Warnings warnings(List<String> lines) {
    return new Warnings(GuardedLog.of(ConfigFuzzTest.class)) {
      @Override
      void log(String line) {
        lines.add(line);
      }
    };
  }
}
