package io.aragora.resilience.core.settings;

import io.aragora.resilience.internal.GuardedLog;
import java.util.List;

/** Warnings that a test receives instead of the log. */
final class HeardWarnings extends Warnings {
  private final List<String> lines;

  HeardWarnings(List<String> lines) {
    super(GuardedLog.of(HeardWarnings.class));
    this.lines = lines;
  }

  @Override
  void log(String line) {
    lines.add(line);
  }
}
