package io.aragora.resilience.reference;

import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Determines the kind of a failure from its message, for clients that report it in no other way. A guess: prefer a type,
 * or a status that the exception provides. Numbers and words count only if they stand alone, so "processed 1500 rows" is
 * no server error and "deliberately unlimited" no rate limit. Reads the first 1000 characters. Stateless and
 * thread-safe.
 */
public final class FailureText {
  private static final int LONGEST_READ = 1000;
  private static final Pattern RATE = Pattern.compile("\\brate\\b");
  private static final Pattern LIMIT = Pattern.compile("\\blimit(?:s|ed|ing)?\\b");
  private static final Pattern RATE_LIMIT =
      Pattern.compile("\\brate[ _-]?limit|\\b429\\b|\\btoo many requests\\b|\\bquota\\b");
  private static final Pattern SERVER_ERROR = Pattern.compile("\\b50[0234]\\b");
  private static final Pattern STATUS = Pattern.compile("\\b[1-5]\\d\\d\\b");

  /** The kinds of text. Equal if the kinds are equal, so a retry may be declared twice with the same one. */
  private enum Named implements Predicate<Throwable> {
    RATE_LIMIT_OR_QUOTA {
      @Override
      boolean isIn(String text) {
        return RATE_LIMIT.matcher(text).find()
            || (RATE.matcher(text).find() && LIMIT.matcher(text).find());
      }
    },
    SERVER_FAILURE {
      @Override
      boolean isIn(String text) {
        return SERVER_ERROR.matcher(text).find();
      }
    };

    abstract boolean isIn(String text);

    @Override
    public boolean test(Throwable failure) {
      return isIn(textOf(failure));
    }
  }

  private record NamedStatus(Set<Integer> wanted) implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      Matcher status = STATUS.matcher(textOf(failure));
      return status.find() && wanted.contains(Integer.valueOf(status.group()));
    }
  }

  private FailureText() {}

  /**
   * Finds rate limits: "rate" and "limit", 429, "too many requests", or "quota".
   *
   * @return a predicate on failures
   */
  public static Predicate<Throwable> namesRateLimit() {
    return Named.RATE_LIMIT_OR_QUOTA;
  }

  /**
   * Finds server errors: 500, 502, 503 or 504.
   *
   * @return a predicate on failures
   */
  public static Predicate<Throwable> namesServerError() {
    return Named.SERVER_FAILURE;
  }

  /**
   * Finds statuses: the first number from 100 to 599 in the text counts as the status.
   *
   * @param statuses the statuses to find
   * @return a predicate on failures
   */
  public static Predicate<Throwable> namesStatus(Set<Integer> statuses) {
    return new NamedStatus(Set.copyOf(statuses));
  }

  private static String textOf(Throwable failure) {
    String message = failure.getMessage();
    if (message == null) {
      return "";
    }
    return message.substring(0, Math.min(message.length(), LONGEST_READ)).toLowerCase(Locale.ROOT);
  }
}
