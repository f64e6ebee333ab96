package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.persistence.RecordedLog;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The caller of the first event initializes nothing; the event is committed later. */
class FirstEventsTest {
  private final List<String> done = new ArrayList<>();
  private final FirstEvents events = new FirstEvents(() -> done.add("initialized"));

  @Test
  void anEvent_isHeldUntilTheClassesAreInitialized() {
    events.add(() -> done.add("first"));
    events.add(() -> done.add("second"));
    assertThat(done).isEmpty();
    assertThat(events.areReady()).isFalse();
    events.initialize();
    assertThat(done).containsExactly("initialized", "first", "second");
    assertThat(events.areReady()).isTrue();
    events.add(() -> done.add("third"));
    assertThat(done).last().isEqualTo("third");
  }

  @Test
  void oneThatFails_isLostAlone() {
    events.add(() -> {
      throw new OutOfMemoryError("injected");
    });
    events.add(() -> done.add("second"));
    events.initialize();
    assertThat(done).containsExactly("initialized", "second");
    assertThat(events.areReady()).isTrue();
  }

  @Test
  void classesThatFailToInitialize_areNeverAskedAgain() {
    FirstEvents failing = new FirstEvents(() -> {
      throw new ExceptionInInitializerError("injected");
    });
    failing.add(() -> done.add("held"));
    assertThat(failing.mayBegin()).isTrue();
    try (RecordedLog log = RecordedLog.of(FirstEvents.class)) {
      failing.initialize();
      assertThat(log.messages())
          .containsExactly("WARNING the classes of flight recorder events failed to initialize; no"
              + " event is recorded");
    }
    failing.add(() -> done.add("later"));
    assertThat(done).isEmpty();
    assertThat(failing.areReady()).isFalse();
    assertThat(failing.mayBegin()).isFalse();
  }

  @Test
  void noMoreThanTheCapacity_isHeld() {
    IntStream.range(0, 3_000).forEach(i -> events.add(() -> done.add("event " + i)));
    events.initialize();
    assertThat(done).hasSize(1 + 1_024).last().isEqualTo("event 1023");
  }

  @Test
  void oneCallerBegins_andAnotherIfThatOneHadNoThread() {
    assertThat(events.mayBegin()).isTrue();
    assertThat(events.mayBegin()).isFalse();
    events.giveUp();
    assertThat(events.mayBegin()).isTrue();
  }
}
