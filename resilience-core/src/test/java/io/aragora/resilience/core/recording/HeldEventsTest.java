package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Injection;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.coalescing.CoalescerEvent;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events of a process in which a recording has begun, and no event class is initialized yet. */
class HeldEventsTest {
  private static final String PREFIX = "io.aragora.resilience.";
  private static final List<String> NOT_OURS =
      List.of("startTime", "duration", "eventThread", "stackTrace");

  private final Resilience resilience =
      Resilience.builder().timeSource(ManualTime.create()).build();
  private final CircuitBreaker breaker = resilience.circuitBreaker("prices");
  private final Recording recording = new Recording();

  @TempDir
  Path folder;

  @BeforeEach
  void begin() {
    ReadyRecorder.await();
    recording.start();
  }

  @AfterEach
  void end() {
    recording.close();
    resilience.close();
    ReadyRecorder.await();
  }

  private List<RecordedEvent> events() throws IOException {
    recording.stop();
    Path file = folder.resolve("recording.jfr");
    recording.dump(file);
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith(PREFIX))
        .toList();
  }

  private static String text(RecordedEvent event) {
    return event.getFields().stream()
        .filter(field -> !NOT_OURS.contains(field.getName()))
        .map(field -> String.valueOf(event.<Object>getValue(field.getName())))
        .collect(Collectors.joining(
            " ", event.getEventType().getName().substring(PREFIX.length()) + ": ", ""));
  }

  private void oneOfEachKind() {
    FlightRecording.transition(
        "shop",
        breaker,
        7,
        8,
        CircuitBreakerState.CLOSED,
        CircuitBreakerState.OPEN,
        TransitionCause.FAILURE_RATE,
        9);
    FlightRecording.rejection(
        "shop", breaker, CircuitBreakerState.OPEN, TransitionCause.FAILURE_RATE, 8, 5);
    FlightRecording.retry("shop", "r", RetryEvent.Kind.RETRY, 1, 2, new IOException("down"), 3);
    FlightRecording.timeout("shop", "t", TimeoutEvent.Kind.LATE, 4);
    FlightRecording.admission("shop", "bulkhead", "k", "FULL", 5, 6);
    FlightRecording.limitChange(
        "shop", "c", ConcurrencyLimitExplanation.builder().build());
    FlightRecording.hedge("shop", "h", HedgeEvent.Kind.WON, 1, 2);
    FlightRecording.coalescing("shop", "o", CoalescerEvent.Kind.STALE, 3);
    FlightRecording.injection("shop", "x", Injection.DELAY, 4);
    FlightRecording.storeFailure("shop", "a", "save", new IllegalStateException("full"));
  }

  @Test
  void eachKind_isHeld_andCommittedInTheOrderOfTheCalls() throws Exception {
    FirstEvents first = ReadyRecorder.putBack(true);
    assertThat(FlightRecording.recordsRejections()).isTrue();
    assertThat(FlightRecording.recordsAdmissions()).isTrue();
    oneOfEachKind();
    Thread later = new Thread(first::initialize, "later");
    later.start();
    later.join();
    assertThat(FlightRecording.isReady()).isTrue();
    List<RecordedEvent> events = events();
    assertThat(events)
        .extracting(HeldEventsTest::text)
        .containsExactly(
            "CircuitBreakerTransition: shop prices 7 8 closed open FAILURE_RATE 9",
            "CallRejection: shop prices open FAILURE_RATE 8 5",
            "Retry: shop r RETRY 1 2 java.io.IOException 3",
            "Timeout: shop t LATE 4",
            "Admission: shop bulkhead k FULL 5 6",
            "ConcurrencyLimit: shop c HELD 0 0 0 0 0 0 0",
            "Hedge: shop h WON 1 2",
            "Coalescing: shop o STALE 3",
            "Injection: shop x DELAY 4",
            "StoreFailure: shop a save java.lang.IllegalStateException full");
    assertThat(events)
        .allSatisfy(event -> assertThat(event.getThread().getJavaName()).isEqualTo("later"));
  }

  @Test
  void firstEvent_startsTheInitializationOnAThreadOfTheRuntime() throws Exception {
    ReadyRecorder.putBack(false);
    FlightRecording.timeout("shop", "t", TimeoutEvent.Kind.LATE, 4);
    ReadyRecorder.awaitReady();
    assertThat(events()).singleElement().satisfies(event -> {
      assertThat(event.getThread().getJavaName()).isEqualTo("shop-recording");
      assertThat(text(event)).startsWith("Timeout: shop t");
    });
  }

  @Test
  void prepare_startsTheInitializationBeforeTheFirstEvent() {
    ReadyRecorder.putBack(false);
    FlightRecording.prepare("shop");
    ReadyRecorder.awaitReady();
  }
}
