package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spi.Readings;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a runtime that are not breakers, as they write themselves. Like {@link NamedCounts}: counts never decrease, and a
 * bounded number of names of each kind have their own series. Not thread-safe.
 */
final class PolicySeries implements Readings {
  /** The number of a policy that has not written it. */
  private static final double ABSENT = -1;

  private final int limit;
  private final Map<String, Kind> kinds = new LinkedHashMap<>();
  private @Nullable Kind kind;
  private @Nullable Row row;
  private int next;

  PolicySeries(int maxNames) {
    this.limit = maxNames;
  }

  void read(Resilience resilience, SampleList samples) {
    kinds.values().forEach(Kind::begin);
    resilience.policies().read(this);
    for (Kind each : kinds.values()) {
      each.end(limit);
      each.show(samples);
    }
  }

  /** Returns whether a name has its own series. */
  boolean isNamed(String kindOfPolicies, String name) {
    Kind known = kinds.get(kindOfPolicies);
    Row shown = known == null ? null : known.rows.get(name);
    return shown != null && shown.named;
  }

  @Override
  public boolean wants(String kindOfPolicies) {
    return PolicyFamilies.has(kindOfPolicies);
  }

  @Override
  public void policy(String kindOfPolicies, String name) {
    Kind present = kinds.computeIfAbsent(kindOfPolicies, Kind::new);
    kind = present;
    row = present.row(SampleList.label(name));
    next = 0;
  }

  @Override
  public void count(String what, String outcome, long value) {
    add(what, outcome, (double) value, false);
  }

  @Override
  public void level(String what, double value) {
    add(what, NONE, value, true);
  }

  private void add(String what, String outcome, double value, boolean isLevel) {
    if (kind == null || row == null) {
      return;
    }
    int column = kind.column(what, outcome, isLevel, next);
    next = column + 1;
    row.add(column, value);
  }

  /** A number that the policies of a kind write. */
  private static final class Column {
    private final String what;
    private final String outcome;
    private final boolean isLevel;
    private final @Nullable MetricFamilyDescriptor family;
    private final String[] labels;

    Column(String kind, String what, String outcome, boolean isLevel) {
      this.what = what;
      this.outcome = outcome;
      this.isLevel = isLevel;
      this.family = PolicyFamilies.of(kind, what);
      List<String> all = new ArrayList<>(PolicyFamilies.label(what));
      if (!outcome.equals(NONE)) {
        all.add(MetricNames.OUTCOME);
        all.add(outcome);
      }
      this.labels = all.toArray(new String[0]);
    }

    boolean is(String otherWhat, String otherOutcome) {
      return what.equals(otherWhat) && outcome.equals(otherOutcome);
    }
  }

  /** The policies of one kind. */
  private static final class Kind {
    private final String name;
    private final List<Column> columns = new ArrayList<>();

    /** The rows that are shown, by name; that of {@link MetricNames#OTHER} has what is left, too. */
    private final Map<String, Row> rows = new HashMap<>();

    /** The rows of this reading that have no place yet. */
    private final Map<String, Row> waiting = new LinkedHashMap<>();

    Kind(String name) {
      this.name = name;
    }

    void begin() {
      waiting.clear();
      rows.values().forEach(Row::begin);
    }

    Row row(String label) {
      Row known = rows.get(label);
      if (known != null && known.named) {
        known.used = true;
        return known;
      }
      return waiting.computeIfAbsent(label, Row::new);
    }

    /** Returns the place of a number; policies of a kind write the same ones in the same order, but may leave some out. */
    int column(String what, String outcome, boolean isLevel, int likely) {
      if (likely < columns.size() && columns.get(likely).is(what, outcome)) {
        return likely;
      }
      for (int i = 0; i < columns.size(); i++) {
        if (columns.get(i).is(what, outcome)) {
          return i;
        }
      }
      columns.add(new Column(name, what, outcome, isLevel));
      return columns.size() - 1;
    }

    /** Drops the names that were not read, gives new ones a place while there is one, and sums up what is left. */
    void end(int limit) {
      int named = 0;
      for (Row row : rows.values()) {
        row.named &= row.used;
        named += row.named ? 1 : 0;
      }
      for (Row one : waiting.values()) {
        boolean own = named < limit;
        named += own ? 1 : 0;
        Row row = rows.computeIfAbsent(own ? one.name : MetricNames.OTHER, Row::new);
        row.named |= own;
        row.used = true;
        row.addAll(one);
      }
      rows.values().removeIf(row -> !row.used);
    }

    void show(SampleList samples) {
      for (Row row : rows.values()) {
        row.raise();
        for (int i = 0; i < columns.size(); i++) {
          Column column = columns.get(i);
          double value = row.value(i, column.isLevel);
          if (column.family != null && value != ABSENT) {
            samples.add(column.family, samples.labels(row.name, column.labels), value);
          }
        }
      }
    }
  }

  /** The numbers of one name. */
  private static final class Row {
    private final String name;
    private boolean named;
    private boolean used;
    private double[] present = {};
    private double[] shown = {};

    Row(String name) {
      this.name = name;
    }

    void begin() {
      used = false;
      Arrays.fill(present, ABSENT);
    }

    void add(int column, double value) {
      if (column >= present.length) {
        present = grown(present, column + 8);
      }
      present[column] = present[column] == ABSENT ? value : present[column] + value;
    }

    void addAll(Row other) {
      for (int i = 0; i < other.present.length; i++) {
        if (other.present[i] != ABSENT) {
          add(i, other.present[i]);
        }
      }
    }

    void raise() {
      if (shown.length < present.length) {
        shown = grown(shown, present.length);
      }
      for (int i = 0; i < present.length; i++) {
        shown[i] = Math.max(shown[i], present[i]);
      }
    }

    /** Levels have no largest value, and no sum over names without their own series. */
    double value(int column, boolean isLevel) {
      double[] values = isLevel ? present : shown;
      return column >= values.length || (isLevel && !named) ? ABSENT : values[column];
    }

    private static double[] grown(double[] values, int length) {
      double[] more = Arrays.copyOf(values, length);
      Arrays.fill(more, values.length, length, ABSENT);
      return more;
    }
  }
}
