package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

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
      long began = System.nanoTime();
      while (!FlightRecording.isReady() && System.nanoTime() - began < AWAIT.toNanos()) {
        Thread.onSpinWait();
      }
    }
    assertThat(FlightRecording.isReady()).isTrue();
  }
}
