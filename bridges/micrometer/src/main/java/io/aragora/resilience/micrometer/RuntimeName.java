package io.aragora.resilience.micrometer;

import io.aragora.resilience.internal.GuardedLog;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The name that the meters of one runtime have in one registry. Two runtimes of one name would share meters, and the first to close
 * would remove those of the other. Thread-safe.
 */
final class RuntimeName implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(MicrometerMetrics.class);

  /** The names in use, of all registries. It keeps no registry alive. Guarded by itself. */
  private static final List<RuntimeName> TAKEN = new ArrayList<>();

  private final WeakReference<MeterRegistry> registry;
  private final String text;

  private RuntimeName(MeterRegistry registry, String text) {
    this.registry = new WeakReference<>(registry);
    this.text = text;
  }

  /** Takes the name of a runtime; with a number if another runtime has it. */
  static RuntimeName take(String runtime, MeterRegistry registry) {
    String wanted = MeterNames.text(runtime);
    RuntimeName taken = tryToTake(wanted, registry);
    for (int number = 2; taken == null; number++) {
      taken = tryToTake(wanted + "-" + number, registry);
    }
    if (!taken.text.equals(wanted)) {
      LOG.log(
          Level.WARNING,
          "the meter registry already has a runtime named " + wanted
              + "; the meters of this one have the tag runtime=" + taken.text
              + ". Give each runtime its own name.");
    }
    return taken;
  }

  /** The registry is asked without the lock. It knows the runtimes of another class loader, too. */
  private static @Nullable RuntimeName tryToTake(String text, MeterRegistry registry) {
    RuntimeName name = new RuntimeName(registry, text);
    synchronized (TAKEN) {
      TAKEN.removeIf(each -> each.registry.get() == null);
      if (TAKEN.stream()
          .anyMatch(each -> each.text.equals(text) && each.registry.get() == registry)) {
        return null;
      }
      TAKEN.add(name);
    }
    boolean isFree = false;
    try {
      isFree = registry.find(MeterNames.POLICIES).tag(MeterNames.RUNTIME, text).meter() == null;
      return isFree ? name : null;
    } finally {
      if (!isFree) {
        name.close();
      }
    }
  }

  /** Allows another runtime to have the name. */
  @Override
  public void close() {
    synchronized (TAKEN) {
      TAKEN.removeIf(each -> each == this);
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
