package io.aragora.resilience.core;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spi.Readings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What a runtime writes into {@link Readings}, as lines. */
public final class ReadLines {
  private ReadLines() {}

  /**
   * Reads the policies of one kind.
   *
   * @param resilience the runtime
   * @param kind the kind
   * @return a line for each policy, and one for each of its numbers
   */
  public static List<String> of(Resilience resilience, String kind) {
    return of(resilience, kind::equals);
  }

  static List<String> of(Resilience resilience, Predicate<String> wanted) {
    List<String> lines = new ArrayList<>();
    resilience.policies().read(new Readings() {
      @Override
      public boolean wants(String kind) {
        return wanted.test(kind);
      }

      @Override
      public void policy(String kind, String name) {
        lines.add(kind + " " + name);
      }

      @Override
      public void count(String what, String outcome, long value) {
        lines.add(what + " " + outcome + " " + value);
      }

      @Override
      public void level(String what, double value) {
        lines.add(what + " " + value);
      }
    });
    return lines;
  }
}
