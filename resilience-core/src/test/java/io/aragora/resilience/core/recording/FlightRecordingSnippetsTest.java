package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/flight-recorder.md, between markers; the test of README and docs in {@code examples} compares it. */
class FlightRecordingSnippetsTest {
  @TempDir
  Path folder;

  @Test
  void recording_isReadBack() throws IOException {
    List<String> story = new ArrayList<>();
    ReadyRecorder.await();
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("prices");

      // readme: flight recorder
      String transition = "io.aragora.resilience.CircuitBreakerTransition";
      Path file = folder.resolve("outage.jfr");
      try (Recording recording = new Recording()) {
        recording.enable(transition);
        recording.start();
        breaker.forceOpen(); // what is to be recorded
        recording.stop();
        recording.dump(file);
      }
      for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
        if (event.getEventType().getName().equals(transition)) {
          story.add(event.getString("breaker") + " is " + event.getString("to"));
        }
      }
      // end
    }

    assertThat(story).containsExactly("prices is forced_open");
  }
}
