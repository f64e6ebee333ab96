package io.aragora.resilience.simulation;

import io.aragora.resilience.Policies;
import io.aragora.resilience.spi.Readings;
import java.util.Map;
import java.util.TreeMap;

/** The counts of all policies of a process, as the process writes them. */
final class Counts implements Readings {
  private final Map<String, Long> sums = new TreeMap<>();
  private final Map<String, Long> calls = new TreeMap<>();
  private String kind = "";
  private String name = "";

  private Counts() {}

  static Counts of(Policies policies) {
    Counts counts = new Counts();
    policies.read(counts);
    return counts;
  }

  /** Returns how many calls ended in a way, by kind, name and outcome. */
  Map<String, Long> calls() {
    return calls;
  }

  static String key(String kind, String name, String outcome) {
    return kind + " '" + name + "' " + outcome;
  }

  @Override
  public void policy(String nextKind, String nextName) {
    kind = nextKind;
    name = nextName;
  }

  @Override
  public void count(String what, String outcome, long value) {
    if (value < 0) {
      throw new Violation("reading: no count is negative", key(kind, name, what) + " " + value);
    }
    sums.merge(key(kind, name, what + ' ' + outcome), value, Long::sum);
    if (what.equals("calls") || what.startsWith("calls.")) {
      calls.merge(key(kind, name, outcome), value, Long::sum);
    }
  }

  @Override
  public void level(String what, double value) {
    if (value < 0 || Double.isInfinite(value)) {
      throw new Violation("reading: no level is negative", key(kind, name, what) + " " + value);
    }
  }

  /** Checks that no count has fallen since an earlier reading. */
  void checkSince(Counts earlier) {
    earlier.sums.forEach((key, before) -> {
      Long now = sums.get(key);
      if (now == null || now < before) {
        throw new Violation("reading: no count falls", key + " was " + before + ", is " + now);
      }
    });
  }
}
