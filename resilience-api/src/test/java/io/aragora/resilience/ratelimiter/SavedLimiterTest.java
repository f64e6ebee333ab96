package io.aragora.resilience.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.time.Instant;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("RL-30")
class SavedLimiterTest {
  private static final Instant NOW = Instant.parse("2026-03-29T01:30:00Z");

  private static SavedLimiter.Builder limiter() {
    return SavedLimiter.builder("q")
        .declared("limit=5")
        .fullAt(NOW.plusSeconds(30))
        .fillTime(Duration.ofMinutes(1))
        .maxPause(Duration.ofMinutes(2))
        .savedAt(NOW);
  }

  private static Arguments bad(String message, UnaryOperator<SavedLimiter.Builder> change) {
    return arguments(message, change);
  }

  static Stream<Arguments> badValues() {
    return Stream.of(
        bad(
            "declared must have at most 10000 characters: 10001 characters",
            limiter -> limiter.declared("x".repeat(10_001))),
        bad(
            "fillTime must not be negative and at most 106751 days: PT-0.000000001S",
            limiter -> limiter.fillTime(Duration.ofNanos(-1))),
        bad(
            "maxPause must not be negative and at most 106751 days: PT2562048H",
            limiter -> limiter.maxPause(Duration.ofDays(106_752))),
        bad(
            "fullAt must be in [1678-01-01T00:00:00Z, 2262-01-01T00:00:00Z]: +1000000000-12-31T23:59:59.999999999Z",
            limiter -> limiter.fullAt(Instant.MAX)),
        bad(
            "pausedUntil must be in [1678-01-01T00:00:00Z, 2262-01-01T00:00:00Z]: -1000000000-01-01T00:00:00Z",
            limiter -> limiter.pausedUntil(Instant.MIN)));
  }

  @ParameterizedTest
  @MethodSource("badValues")
  void build_valueOutOfRange_isRejected(
      String message, UnaryOperator<SavedLimiter.Builder> change) {
    assertThatThrownBy(() -> change.apply(limiter()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void toBuilder_copiesEveryValue() {
    SavedLimiter limiter = limiter().pausedUntil(NOW.plusSeconds(5)).build();

    assertThat(limiter.toBuilder().build()).isEqualTo(limiter).hasSameHashCodeAs(limiter);
    assertThat(limiter).isNotEqualTo(limiter.toBuilder().pausedUntil(null).build());
    assertThat(limiter.mattersUntil()).isEqualTo(NOW.plusSeconds(30));
  }

  static Stream<Arguments> merges() {
    UnaryOperator<SavedLimiter.Builder> same = limiter -> limiter;
    return Stream.of(
        arguments("an earlier level", with(limiter -> limiter.fullAt(NOW)), same, same),
        arguments(
            "a later level",
            with(limiter -> limiter.fullAt(NOW.plusSeconds(40))),
            same,
            with(limiter -> limiter.fullAt(NOW.plusSeconds(40)))),
        arguments(
            "a level that is later than an empty one",
            with(limiter -> limiter.fullAt(SavedLimiter.LATEST)),
            same,
            with(limiter -> limiter.fullAt(NOW.plusSeconds(60)))),
        arguments(
            "a level of other settings",
            with(limiter -> limiter.declared("limit=6").fullAt(NOW.plusSeconds(40))),
            same,
            same),
        arguments(
            "a row of the future",
            with(limiter -> limiter.savedAt(NOW.plusSeconds(2)).fullAt(NOW.plusSeconds(40))),
            same,
            same),
        arguments(
            "a pause",
            with(limiter -> limiter.pausedUntil(NOW.plusSeconds(5))),
            same,
            with(limiter -> limiter.pausedUntil(NOW.plusSeconds(5)))),
        arguments("a pause that is over", with(limiter -> limiter.pausedUntil(NOW)), same, same),
        arguments(
            "a pause that is too long",
            with(limiter -> limiter.pausedUntil(SavedLimiter.LATEST)),
            with(limiter -> limiter.pausedUntil(NOW.plusSeconds(9))),
            with(limiter -> limiter.pausedUntil(NOW.plusSeconds(120)))),
        arguments(
            "a pause that was ended since",
            with(limiter -> limiter.pausedUntil(NOW.plusSeconds(5))),
            with(limiter -> limiter.pausedUntil(NOW)),
            with(limiter -> limiter.pausedUntil(NOW))));
  }

  private static UnaryOperator<SavedLimiter.Builder> with(
      UnaryOperator<SavedLimiter.Builder> change) {
    return change;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("merges")
  @DisplayName("what a store contains after a save over another row")
  void over_row_keepsTheLaterInstantsWithinTheirBounds(
      String row,
      UnaryOperator<SavedLimiter.Builder> present,
      UnaryOperator<SavedLimiter.Builder> given,
      UnaryOperator<SavedLimiter.Builder> expected) {
    assertThat(given.apply(limiter()).build().over(present.apply(limiter()).build()))
        .isEqualTo(expected.apply(limiter()).build());
  }
}
