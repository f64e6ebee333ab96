package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.spi.ContextPropagator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextCarrierTest {
  private final List<String> steps = new ArrayList<>();

  private ContextPropagator named(String name) {
    return () -> {
      steps.add("capture " + name);
      return () -> {
        steps.add("restore " + name);
        return () -> steps.add("close " + name);
      };
    };
  }

  @Test
  void call_restoresInOrder_andClosesInReverse_withTheResultOfTheBody() {
    ContextCarrier carrier = new ContextCarrier(List.of(named("a"), named("b")));
    ContextCarrier.Carried carried = carrier.capture();
    assertThat(carried).isNotNull();
    String result = carried.<String, RuntimeException>call(() -> {
      steps.add("body");
      return "value";
    });
    assertThat(result).isEqualTo("value");
    assertThat(steps)
        .containsExactly(
            "capture a", "capture b", "restore a", "restore b", "body", "close b", "close a");
  }

  @Test
  void call_bodyThrows_closesAll_andThrowsIt() {
    ContextCarrier.Carried carried = new ContextCarrier(List.of(named("a"))).capture();
    assertThat(carried).isNotNull();
    IOException down = new IOException("down");
    assertThatThrownBy(() -> carried.<String, IOException>call(() -> {
          throw down;
        }))
        .isSameAs(down);
    assertThat(steps).endsWith("close a");
  }

  @Test
  void capture_withoutPropagators_isNothing() {
    assertThat(ContextCarrier.NONE.capture()).isNull();
  }

  private static void fail(boolean now) {
    if (now) {
      throw new IllegalStateException("injected");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"capture", "restore", "close", "nowhere"})
  void propagator_thatFailsAnywhere_isLoggedOnce(String where) {
    ContextPropagator failing = () -> {
      fail(where.equals("capture"));
      return () -> {
        fail(where.equals("restore"));
        return () -> fail(where.equals("close"));
      };
    };
    ContextCarrier carrier = new ContextCarrier(List.of(failing, named("a")));
    try (RecordedLog log = RecordedLog.of(ContextCarrier.class)) {
      for (int i = 0; i < 2; i++) {
        ContextCarrier.Carried carried = carrier.capture();
        assertThat(carried).isNotNull();
        assertThat(carried.<Integer, RuntimeException>call(() -> 5)).isEqualTo(5);
      }
      String line =
          "WARNING a context propagator failed; calls continue without its context (logged once)";
      assertThat(log.messages()).isEqualTo(where.equals("nowhere") ? List.of() : List.of(line));
    }
    assertThat(steps).containsSubsequence("restore a", "close a", "restore a", "close a");
  }
}
