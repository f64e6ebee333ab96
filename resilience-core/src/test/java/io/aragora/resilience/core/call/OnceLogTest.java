package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.internal.GuardedLog;
import org.junit.jupiter.api.Test;

class OnceLogTest {
  private final OnceLog log = new OnceLog(GuardedLog.of(OnceLogTest.class));

  @Test
  void line_isWrittenOnce_andAnotherLineToo() {
    try (RecordedLog written = RecordedLog.of(OnceLogTest.class)) {
      for (int i = 0; i < 3; i++) {
        log.warn("retry 'a'", "its predicate failed; the call is not retried", null);
        log.warn("retry 'a'", "its budget failed; calls are retried", new AssertionError("b"));
      }
      assertThat(written.messages())
          .containsExactly(
              "WARNING retry 'a': its predicate failed; the call is not retried (logged once)",
              "WARNING retry 'a': its budget failed; calls are retried (logged once)");
    }
  }

  @Test
  void owner_whoseTextFails_harmsNoCall() {
    Object faulty = new Object() {
      @Override
      public String toString() {
        throw new IllegalStateException("text");
      }
    };
    assertThatCode(() -> log.warn(faulty, "it failed", null)).doesNotThrowAnyException();
  }
}
