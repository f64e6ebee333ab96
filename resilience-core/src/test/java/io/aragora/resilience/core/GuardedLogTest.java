package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.aragora.resilience.internal.GuardedLog;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GuardedLogTest {
  private final Logger jul = Logger.getLogger(GuardedLogTest.class.getName());
  private final GuardedLog log = GuardedLog.of(GuardedLogTest.class);
  private final List<LogRecord> records = new ArrayList<>();
  private Throwable thrown;

  private final Handler handler = new Handler() {
    @Override
    public void publish(LogRecord line) {
      records.add(line);
      if (thrown != null) {
        sneak(thrown);
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  };

  GuardedLogTest() {
    jul.setUseParentHandlers(false);
    jul.addHandler(handler);
  }

  @AfterEach
  void removeHandler() {
    jul.removeHandler(handler);
    jul.setUseParentHandlers(true);
  }

  @SuppressWarnings("unchecked")
  private static <X extends Throwable> void sneak(Throwable thrown) throws X {
    throw (X) thrown;
  }

  static List<Throwable> throwables() {
    return List.of(
        new IllegalStateException("handler"),
        new OutOfMemoryError("handler"),
        new StackOverflowError(),
        new NoClassDefFoundError("handler"),
        new AssertionError("handler"),
        new Exception("sneaked"));
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void log_handlerThrows_callerGoesOn(Throwable failure) {
    thrown = failure;

    assertThatCode(() -> log.log(Level.WARNING, "{0} failed", "it")).doesNotThrowAnyException();
    assertThatCode(() -> log.log(Level.WARNING, "it failed", new Exception("why")))
        .doesNotThrowAnyException();
    assertThat(records).as("both lines reached the handler").hasSize(2);
  }

  @Test
  void log_handlerIsWell_lineAndFailureArrive() {
    Exception failure = new Exception("why");

    log.log(Level.WARNING, "it failed", failure);

    assertThat(records).singleElement().satisfies(line -> {
      assertThat(line.getMessage()).isEqualTo("it failed");
      assertThat(line.getThrown()).isSameAs(failure);
    });
  }

  @Test
  void isLoggable_asTheLoggerSays() {
    assertThat(log.isLoggable(Level.ERROR)).isTrue();
    assertThat(log.isLoggable(Level.TRACE)).isFalse();
  }
}
