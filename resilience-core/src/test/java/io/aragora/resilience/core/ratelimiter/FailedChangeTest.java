package io.aragora.resilience.core.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PaddedLevel;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailedChangeTest {
  private static final long SECOND = 1_000_000_000;
  private static final CellRate OTHER = CellRate.of(5, SECOND, 5);

  private static final ManualTime TIME = ManualTime.create();

  private static final TimeSource WITHOUT_CLOCK = new ForwardingTime(TIME) {
    @Override
    public long nanoTime() {
      throw new IllegalStateException("no clock");
    }
  };

  static Stream<Arguments> changes() {
    return Stream.of(
        change(
            "ExactRing.change",
            new ExactRing(2, SECOND, true, TIME.nanoTime()),
            (ring, time) -> ring.change(5, SECOND, time)),
        change("CellLevel.change", cell(), (cell, time) -> cell.change(OTHER, time)),
        change("CellLevel.refill", cell(), (cell, time) -> cell.refill(OTHER, time)));
  }

  private static CellLevel cell() {
    CellRate rate = CellRate.of(2, SECOND, 2);
    return new PaddedLevel(rate, rate.full(TIME.nanoTime()));
  }

  private static <L extends PermitLevel> Arguments change(
      String name, L level, BiConsumer<L, TimeSource> change) {
    return Arguments.of(level, Named.<BiConsumer<L, TimeSource>>of(name, change));
  }

  /** If the change had begun, each call would wait for its end for ever. */
  @ParameterizedTest
  @MethodSource("changes")
  <L extends PermitLevel> void change_ifTheClockFails_changesNothing(
      L level, BiConsumer<L, TimeSource> change) {
    assertThatThrownBy(() -> change.accept(level, WITHOUT_CLOCK)).hasMessage("no clock");

    assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
      assertThat(level.available(TIME)).isEqualTo(2);
      assertThat(level.tryTake(1, TIME)).isTrue();
      assertThat(level.available(TIME)).isEqualTo(1);
    });
  }
}
