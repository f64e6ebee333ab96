package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.OneLine;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a setting's value. Accepts only what is documented: no NaN, infinity, exponents or
 * digits of other scripts, all of which the parsers of the JDK accept.
 *
 * @param setting the name of the setting, for messages
 * @param text the value without surrounding blanks
 */
public record SettingText(String setting, String text) {
  private static final int MOST_SHOWN = 100;
  private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]{1,12}");
  private static final Pattern DECIMAL = Pattern.compile("[+-]?[0-9]{1,12}(\\.[0-9]{1,9})?");
  private static final Pattern LENGTH =
      Pattern.compile("(?<number>" + DECIMAL + ") ?(?<unit>ms|s|m|h|d)?");

  /**
   * Creates a text without surrounding blanks.
   *
   * @param setting the name of the setting, for messages
   * @param text the value
   */
  public SettingText(String setting, String text) {
    this.setting = setting;
    this.text = text.strip();
  }

  boolean isOff() {
    return text.equalsIgnoreCase("off");
  }

  int whole() {
    if (WHOLE.matcher(text).matches()) {
      long number = Long.parseLong(text);
      if (number == (int) number) {
        return (int) number;
      }
    }
    throw unreadable("a whole number");
  }

  boolean isTrue() {
    return oneOf("true", "false").equals("true");
  }

  /** Returns the word that equals this text, ignoring case. */
  String oneOf(String... words) {
    for (String word : words) {
      if (text.equalsIgnoreCase(word)) {
        return word;
      }
    }
    throw unreadable("one of [" + String.join(", ", words) + "]");
  }

  double decimal() {
    if (DECIMAL.matcher(text).matches()) {
      return Double.parseDouble(text);
    }
    throw unreadable("a number, such as 50 or 2.5");
  }

  /**
   * Parses a duration.
   *
   * @return the duration
   * @throws IllegalArgumentException if the text is not a duration
   */
  public Duration duration() {
    String normal = text.toLowerCase(Locale.ROOT);
    Matcher matcher = LENGTH.matcher(normal);
    if (matcher.matches()) {
      String unit = matcher.group("unit");
      return length(matcher.group("number"), unit == null ? "s" : unit);
    }
    try {
      return Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw unreadable("a duration, such as 500ms, 30s, 5m, 1h, 1d, PT30S or 120.5 for seconds");
    }
  }

  private Duration length(String number, String unit) {
    long unitNanos = Duration.ofMillis(
            switch (unit) {
              case "ms" -> 1;
              case "s" -> 1000;
              case "m" -> 60_000;
              case "h" -> 3_600_000;
              default -> 86_400_000;
            })
        .toNanos();
    // Not a long: twelve digits of days overflow it, and the message must show the text as written.
    BigDecimal nanos = new BigDecimal(number).multiply(BigDecimal.valueOf(unitNanos));
    BigDecimal[] seconds = nanos.divideAndRemainder(BigDecimal.valueOf(1_000_000_000));
    return Duration.ofSeconds(seconds[0].longValue(), seconds[1].longValue());
  }

  IllegalArgumentException unreadable(String rule) {
    return new IllegalArgumentException(setting + " must be " + rule + ": " + shown());
  }

  /** Returns the value in a form that is safe in a log line. */
  String shown() {
    return OneLine.of(text, MOST_SHOWN);
  }
}
