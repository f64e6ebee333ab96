package io.aragora.resilience.opentelemetry;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.Exclusive;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.Readings;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.BatchCallback;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import io.opentelemetry.api.metrics.ObservableMeasurement;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The instruments of one runtime. Thread-safe.
 */
/*
 * Reading: one callback serves all instruments, so a collection reads each policy once. What a reading of a later kind finds has no
 * instrument yet; it gets one after the reading, by a new callback, and is shown from the next collection on.
 *
 * Locking: one thread reads at a time, without a lock, since the SDK and what an application puts in its place run in here. The SDK
 * collects for one reader after the other; a collection that came beside another would find no numbers.
 *
 * Counts: a sum over concurrent counters may be a little smaller than before. The largest value is shown, unless a count fell by
 * more than half: then it is that of another policy of the same name.
 */
final class RuntimeInstruments implements Readings, AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(OpenTelemetryMetrics.class);

  private final Resilience resilience;
  private final Meter meter;
  private final String runtime;
  private final int maxNames;

  private final Exclusive alone = new Exclusive(this::end);

  // Written by the thread that is alone.
  private final Map<String, Map<String, PolicyNumbers>> policies = new HashMap<>();
  private final Map<String, Instrument> instruments = new LinkedHashMap<>();
  private @Nullable BatchCallback callback;
  private @Nullable PolicyNumbers policy;
  private long reading;
  private boolean hasNew;
  private boolean hasWarned;

  RuntimeInstruments(Resilience resilience, Meter meter, String runtime, int maxNames) {
    this.resilience = resilience;
    this.meter = meter;
    this.runtime = runtime;
    this.maxNames = maxNames;
    KnownNumbers.KINDS.forEach((kind, numbers) ->
        numbers.forEach(number -> instrument(kind, number, KnownNumbers.isCount(number))));
  }

  void start() {
    alone.tryRun(this::register);
  }

  private void register() {
    hasNew = false;
    BatchCallback previous = callback;
    List<ObservableMeasurement> all = new ArrayList<>();
    instruments.values().forEach(each -> all.add(each.measurement()));
    callback = meter.batchCallback(
        () -> alone.tryRun(this::collect),
        all.get(0),
        all.subList(1, all.size()).toArray(ObservableMeasurement[]::new));
    instruments.values().forEach(each -> each.isRegistered = true);
    if (previous != null) {
      previous.close();
    }
  }

  private void collect() {
    reading++;
    try {
      resilience.policies().read(this);
    } catch (Throwable e) {
      warn(e);
      return;
    }
    policies.values().forEach(all -> all.values().removeIf(each -> each.readIn != reading));
    if (hasNew) {
      register();
    }
  }

  private void warn(Throwable cause) {
    if (!hasWarned) {
      hasWarned = true;
      LOG.log(
          Level.WARNING,
          "metrics of runtime '" + runtime
              + "': its policies cannot be read, and a collection misses them (logged once)",
          cause);
    }
  }

  @Override
  public void policy(String kind, String name) {
    Map<String, PolicyNumbers> ofKind = policies.computeIfAbsent(kind, any -> new HashMap<>());
    PolicyNumbers known = ofKind.get(name);
    if (known == null && ofKind.size() < maxNames) {
      known = new PolicyNumbers(kind, name);
      ofKind.put(name, known);
    }
    policy = known;
    if (known != null) {
      known.readIn = reading;
      known.next = 0;
    }
  }

  @Override
  public void count(String what, String outcome, long value) {
    if (policy != null) {
      policy.slot(what, outcome, true).count(value);
    }
  }

  @Override
  public void level(String what, double value) {
    if (policy != null && !Double.isNaN(value)) {
      policy.slot(what, NONE, false).level(value);
    }
  }

  private Instrument instrument(String kind, String what, boolean isCount) {
    String base = KnownNumbers.base(what);
    String key = kind + "." + base + (isCount ? "+" : "");
    Instrument known = instruments.get(key);
    if (known == null) {
      known =
          new Instrument(meter, KnownNumbers.metric(kind, base), KnownNumbers.of(base, isCount));
      instruments.put(key, known);
      hasNew = true;
    }
    return known;
  }

  /** Ends the callback, after a collection that is under way. What was collected before stays with its readers. */
  @Override
  public void close() {
    alone.close();
  }

  private void end() {
    if (callback != null) {
      callback.close();
    }
    policies.clear();
  }

  /** An instrument of one number of a kind of policy. */
  private static final class Instrument {
    private final @Nullable ObservableLongMeasurement count;
    private final @Nullable ObservableDoubleMeasurement level;
    private boolean isRegistered;

    Instrument(Meter meter, String name, KnownNumbers.Shown number) {
      switch (number.type()) {
        case COUNTER -> {
          count = meter
              .counterBuilder(name)
              .setUnit(number.unit())
              .setDescription(number.description())
              .buildObserver();
          level = null;
        }
        case UP_DOWN_COUNTER -> {
          count = null;
          level = meter
              .upDownCounterBuilder(name)
              .ofDoubles()
              .setUnit(number.unit())
              .setDescription(number.description())
              .buildObserver();
        }
        default -> {
          count = null;
          level = meter
              .gaugeBuilder(name)
              .setUnit(number.unit())
              .setDescription(number.description())
              .buildObserver();
        }
      }
    }

    ObservableMeasurement measurement() {
      return count != null ? count : Objects.requireNonNull(level);
    }

    void record(long value, Attributes attributes) {
      if (isRegistered && count != null) {
        count.record(value, attributes);
      }
    }

    void record(double value, Attributes attributes) {
      if (isRegistered && level != null) {
        level.record(value, attributes);
      }
    }
  }

  /** The numbers of one policy. */
  private final class PolicyNumbers {
    private final String kind;
    private final String name;
    private final List<Slot> slots = new ArrayList<>();
    private int next;
    private long readIn;

    PolicyNumbers(String kind, String name) {
      this.kind = kind;
      this.name = name;
    }

    /** Returns the slot of a number. A policy writes its numbers in the same order each time, but may leave some out. */
    Slot slot(String what, String outcome, boolean isCount) {
      for (int i = 0; i < slots.size(); i++) {
        int place = (next + i) % slots.size();
        Slot slot = slots.get(place);
        if (slot.isCount == isCount && slot.what.equals(what) && slot.outcome.equals(outcome)) {
          next = place + 1;
          return slot;
        }
      }
      Slot slot = new Slot(
          what, outcome, isCount, attributes(what, outcome), instrument(kind, what, isCount));
      slots.add(slot);
      return slot;
    }

    private Attributes attributes(String what, String outcome) {
      AttributesBuilder attributes = Attributes.builder()
          .put(TelemetryNames.RUNTIME, runtime)
          .put(TelemetryNames.POLICY, name);
      String base = KnownNumbers.base(what);
      if (!base.equals(what)) {
        attributes.put(
            AttributeKey.stringKey(KnownNumbers.attribute(kind, base)),
            what.substring(base.length() + 1));
      }
      if (!outcome.equals(NONE)) {
        attributes.put(TelemetryNames.OUTCOME, outcome);
      }
      return attributes.build();
    }
  }

  /** A number of a policy. */
  private static final class Slot {
    private final String what;
    private final String outcome;
    private final boolean isCount;
    private final Attributes attributes;
    private final Instrument instrument;
    private long largest;

    Slot(
        String what,
        String outcome,
        boolean isCount,
        Attributes attributes,
        Instrument instrument) {
      this.what = what;
      this.outcome = outcome;
      this.isCount = isCount;
      this.attributes = attributes;
      this.instrument = instrument;
    }

    void count(long value) {
      largest = value < largest / 2 ? value : Math.max(largest, value);
      instrument.record(largest, attributes);
    }

    void level(double value) {
      instrument.record(value, attributes);
    }
  }
}
