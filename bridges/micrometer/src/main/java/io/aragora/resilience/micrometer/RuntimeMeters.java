package io.aragora.resilience.micrometer;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.Exclusive;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.Readings;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one runtime in one registry. Thread-safe.
 */
/*
 * Reading: a registry asks one meter after the other, and knows no scrape. A meter that a thread asks a second time since the
 * last reading begins a new scrape, so it reads all policies; so does any meter if the last reading is older than maxAge, because a
 * registry may ask some of the meters only. All others return what that reading wrote. So a scrape by one thread begins one reading
 * at most, however many threads scrape beside it: after a reading, its thread has asked no meter. Policies that are new get their meters at
 * the end of the reading, and meters that the reading did not write are removed.
 *
 * Locking: one thread reads at a time, and no other waits for it: a meter that is asked meanwhile returns the previous value. So the
 * lock of the registry may be held by a thread that asks a meter, and may be taken by the thread that reads; and the filters and
 * listeners of the registry, which are code of the application, run under no lock of this library.
 *
 * Counts: a sum over concurrent counters may be a little smaller than before. The largest value is shown, unless a count fell by
 * more than half: then it is that of another policy of the same name.
 */
final class RuntimeMeters implements Readings, AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(MicrometerMetrics.class);

  private final Resilience resilience;
  private final MeterRegistry registry;
  private final MeterSettings settings;
  private final RuntimeName runtime;
  private final Exclusive alone = new Exclusive(this::removeAll);

  // Written by the thread that is alone, read by all.
  private volatile long reading;
  private volatile long readAtNanos;

  // Used by the thread that is alone.
  private final Map<String, Map<String, PolicyMeters>> kinds = new HashMap<>();
  private final Slot policies = new Slot(false, MeterNames.POLICIES, NONE);
  private @Nullable Meter root;
  private Map<String, PolicyMeters> kind = new HashMap<>();
  private String kindName = "";
  private @Nullable PolicyMeters policy;
  private int count;
  private boolean hasWarned;

  RuntimeMeters(Resilience resilience, MeterRegistry registry, MeterSettings settings) {
    this.resilience = resilience;
    this.registry = registry;
    this.settings = settings;
    this.runtime = RuntimeName.take(resilience.name(), registry);
  }

  /** Registers the meters of the policies that exist. */
  void start() {
    alone.tryRun(() -> {
      root = Gauge.builder(MeterNames.POLICIES, policies, Slot::shown)
          .tags(MeterNames.RUNTIME, runtime())
          .description("Policies of the runtime")
          .strongReference(true)
          .register(registry);
      read();
      readAtNanos = registry.config().clock().monotonicTime() - settings.maxAgeNanos();
    });
  }

  String runtime() {
    return runtime.toString();
  }

  private void readUnlessAnotherThreadDoes() {
    alone.tryRun(() -> {
      if (resilience.isClosed()) {
        close();
      } else {
        read();
      }
    });
  }

  private void read() {
    count = 0;
    long present = reading + 1;
    reading = present;
    try {
      try {
        resilience.policies().read(this);
      } finally {
        readAtNanos = registry.config().clock().monotonicTime();
      }
    } catch (Throwable e) {
      // Also an error: what leaves a meter hides all others of the scrape.
      warn("its policies cannot be read, and their meters keep their values", e);
      return;
    }
    policies.value = count;
    for (Map<String, PolicyMeters> each : kinds.values()) {
      Iterator<PolicyMeters> all = each.values().iterator();
      while (all.hasNext()) {
        if (all.next().endReading(present)) {
          all.remove();
        }
      }
    }
  }

  @Override
  public void policy(String kindOfPolicy, String name) {
    count++;
    kindName = kindOfPolicy;
    kind = kinds.computeIfAbsent(kindOfPolicy, any -> new HashMap<>());
    PolicyMeters known = kind.get(name);
    if (known == null && kind.size() < settings.maxNames()) {
      known = new PolicyMeters(kindName, name);
      kind.put(name, known);
    }
    policy = known;
    if (known != null) {
      known.next = 0;
    }
  }

  @Override
  public void count(String what, String outcome, long value) {
    if (policy != null) {
      policy.slot(true, what, outcome).count((double) value);
    }
  }

  @Override
  public void level(String what, double value) {
    if (policy != null) {
      Slot slot = policy.slot(false, what, NONE);
      slot.value = value;
      slot.writtenIn = reading;
    }
  }

  /** Removes all meters, for good; if a thread reads, when it has read. */
  @Override
  public void close() {
    alone.close();
  }

  private void removeAll() {
    try {
      kinds.values().forEach(all -> all.values().forEach(PolicyMeters::remove));
      kinds.clear();
      policy = null;
      remove(root);
      root = null;
    } finally {
      runtime.close();
    }
  }

  boolean isClosed() {
    return alone.isClosed();
  }

  private void remove(@Nullable Meter meter) {
    if (meter != null) {
      registry.remove(meter);
    }
  }

  private void warn(String what, Throwable cause) {
    if (!hasWarned) {
      hasWarned = true;
      LOG.log(
          Level.WARNING, "meters of runtime '" + runtime + "': " + what + " (logged once)", cause);
    }
  }

  /** The meters of one policy. */
  private final class PolicyMeters {
    private final String kindOfPolicy;
    private final String name;
    private final List<Slot> slots = new ArrayList<>();
    private int next;

    PolicyMeters(String kindOfPolicy, String name) {
      this.kindOfPolicy = kindOfPolicy;
      this.name = name;
    }

    /** Returns the slot of a number. A policy writes its numbers in the same order each time, but may leave some out. */
    Slot slot(boolean isCount, String what, String outcome) {
      for (int i = 0; i < slots.size(); i++) {
        int place = (next + i) % slots.size();
        Slot slot = slots.get(place);
        if (slot.isCount == isCount && slot.what.equals(what) && slot.outcome.equals(outcome)) {
          next = place + 1;
          return slot;
        }
      }
      Slot slot = new Slot(isCount, what, outcome);
      slots.add(slot);
      return slot;
    }

    /** Registers new numbers, removes those that were not written, and returns whether none is left. */
    boolean endReading(long present) {
      for (int i = slots.size() - 1; i >= 0; i--) {
        Slot slot = slots.get(i);
        if (slot.writtenIn != present) {
          RuntimeMeters.this.remove(slot.meter);
          slots.remove(i);
        } else if (!slot.isRegistered) {
          slot.isRegistered = true;
          slot.meter = register(slot);
        }
      }
      return slots.isEmpty();
    }

    private @Nullable Meter register(Slot slot) {
      String meter = MeterNames.meter(kindOfPolicy, slot.what);
      try {
        return slot.isCount
            ? FunctionCounter.builder(meter, slot, Slot::shown)
                .tags(MeterNames.tags(runtime(), name, slot.what, slot.outcome))
                .description(MeterNames.description(slot.what))
                .baseUnit(MeterNames.unit(slot.what))
                .register(registry)
            : Gauge.builder(meter, slot, Slot::shown)
                .tags(MeterNames.tags(runtime(), name, slot.what, slot.outcome))
                .description(MeterNames.description(slot.what))
                .baseUnit(MeterNames.unit(slot.what))
                .register(registry);
      } catch (Throwable e) {
        warn("the registry rejects " + meter + ", which is left out", e);
        return null;
      }
    }

    void remove() {
      slots.forEach(slot -> RuntimeMeters.this.remove(slot.meter));
    }
  }

  /** A number of a policy, which its meter shows. The meter holds it weakly, and the registry the gauge of the runtime strongly. */
  private final class Slot {
    private final boolean isCount;
    private final String what;
    private final String outcome;
    private volatile double value;
    private volatile long shownIn;

    /** The id of the thread that asked first since that reading. */
    private volatile long shownTo;

    // Used by the thread that is alone.
    private long writtenIn;
    private boolean isRegistered;
    private @Nullable Meter meter;

    Slot(boolean isCount, String what, String outcome) {
      this.isCount = isCount;
      this.what = what;
      this.outcome = outcome;
    }

    void count(double present) {
      double shown = value;
      if (present > shown || present < shown / 2) {
        value = present;
      }
      writtenIn = reading;
    }

    double shown() {
      long thread = Thread.currentThread().getId();
      boolean wasShown = shownIn == reading && shownTo == thread;
      if (wasShown
          || registry.config().clock().monotonicTime() - readAtNanos >= settings.maxAgeNanos()) {
        readUnlessAnotherThreadDoes();
      }
      long present = reading;
      if (shownIn != present) {
        // Benign race: either of two threads may begin the next scrape.
        shownTo = thread;
        shownIn = present;
      }
      return value;
    }
  }
}
