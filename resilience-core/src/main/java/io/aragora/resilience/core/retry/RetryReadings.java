package io.aragora.resilience.core.retry;

import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.spi.Readings;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the counts of a retry. A class of its own, which the first call of a process does not load. */
final class RetryReadings {
  private static final Map<Kind, String> OUTCOMES = new EnumMap<>(Kind.class);

  static {
    for (Kind kind : Kind.values()) {
      OUTCOMES.put(kind, kind.name().toLowerCase(Locale.ROOT));
    }
    OUTCOMES.put(Kind.SUCCEEDED_AT_ONCE, "success");
    OUTCOMES.put(Kind.SUCCEEDED_AFTER_RETRY, "success_after_retry");
  }

  private RetryReadings() {}

  static void write(long succeededAtOnce, @Nullable KindCounts others, Readings into) {
    OUTCOMES.forEach((kind, outcome) -> {
      long count = others == null ? 0 : others.sum(kind);
      if (kind == Kind.RETRY) {
        into.count("retries", Readings.NONE, count);
      } else {
        into.count("calls", outcome, kind == Kind.SUCCEEDED_AT_ONCE ? succeededAtOnce : count);
      }
    });
  }
}
