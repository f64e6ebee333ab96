package io.aragora.resilience.simulation;

import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/** The log of the process: goes to the life whose thread logs, and throws if that life wants it. */
public final class SimulatedLogs extends System.LoggerFinder {
  /** Called by the JDK. */
  public SimulatedLogs() {}

  @Override
  public System.Logger getLogger(String name, Module module) {
    return new LifeLog(name);
  }

  private record LifeLog(String name) implements System.Logger {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public boolean isLoggable(Level level) {
      return level.getSeverity() >= Level.WARNING.getSeverity();
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String text,
        @Nullable Throwable thrown) {
      tell(level, text + (thrown == null ? "" : ": " + thrown), thrown);
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String format,
        @Nullable Object @Nullable ... values) {
      tell(level, format + " " + java.util.Arrays.toString(values), null);
    }

    private void tell(Level level, String line, @Nullable Throwable thrown) {
      Life life = Life.currentOrNull();
      if (life != null && isLoggable(level) && Actor.current() != null) {
        life.logged(level, name, line, thrown);
      }
    }
  }
}
