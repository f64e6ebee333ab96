package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.time.Duration;
import jdk.jfr.Recording;

/**
 * Initializes the event classes before a test, since a recording that ends earlier misses events.
 */
final class ReadyRecorder {
  private static final Duration AWAIT = Duration.ofSeconds(60);

  private ReadyRecorder() {}

  static void await() {
    try (Recording recording = new Recording()) {
      recording.start();
      FlightRecording.prepare("test");
      awaitReady();
    }
  }

  static void awaitReady() {
    long began = System.nanoTime();
    while (!FlightRecording.isReady() && System.nanoTime() - began < AWAIT.toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(FlightRecording.isReady()).isTrue();
  }

  /**
   * Sets the recorder back, so that the next event is the first one of its process, as far as this library knows.
   *
   * @param begun whether no event starts the initialization, so that the test does it
   * @return the holder of events, to be initialized once more
   */
  static FirstEvents putBack(boolean begun) {
    try {
      FirstEvents first = (FirstEvents) field(FlightRecording.class, "FIRST").get(null);
      field(FirstEvents.class, "begun").setBoolean(first, begun);
      field(FirstEvents.class, "ready").setBoolean(first, false);
      return first;
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Field field(Class<?> owner, String name) throws NoSuchFieldException {
    Field field = owner.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }
}
