package io.aragora.resilience.core.recording;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.nio.file.Path;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * A process in which a recording begins after the runtime was built, and before the first event.
 */
public final class FirstEventProcess {
  private FirstEventProcess() {}

  /**
   * Prints the number of recorded transitions, and what was ready at the first.
   *
   * @param args the file for the recording
   */
  public static void main(String[] args) throws Exception {
    try (Resilience resilience = Resilience.create();
        Recording recording = new Recording()) {
      CircuitBreaker breaker =
          resilience.circuitBreaker("b", CircuitBreakerConfig.builder().build());
      recording.start();
      breaker.forceOpen();
      while (!FlightRecording.isReady()) {
        Thread.onSpinWait();
      }
      recording.stop();
      recording.dump(Path.of(args[0]));
      for (RecordedEvent event : RecordingFile.readAllEvents(Path.of(args[0]))) {
        if (event.getEventType().getName().endsWith("CircuitBreakerTransition")) {
          System.out.println("recorded: " + event.getString("to") + " by "
              + event.getThread().getJavaName().replaceAll(".*-", ""));
        }
      }
    }
  }
}
