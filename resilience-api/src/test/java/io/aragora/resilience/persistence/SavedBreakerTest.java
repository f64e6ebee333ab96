package io.aragora.resilience.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every value by reflection, so that a new one without bounds fails here. */
class SavedBreakerTest {
  private static final List<Field> VALUES = Arrays.stream(SavedBreaker.class.getDeclaredFields())
      .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic())
      .toList();

  private static SavedBreaker with(int index, Object value) throws Throwable {
    String name = VALUES.get(index).getName();
    if (name.equals("name")) {
      return SavedBreaker.builder((String) value).build();
    }
    SavedBreaker.Builder builder = SavedBreaker.builder("name");
    try {
      SavedBreaker.Builder.class
          .getMethod(name, VALUES.get(index).getType())
          .invoke(builder, value);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
    return builder.build();
  }

  private static List<Object> bad(Class<?> type) {
    long most = SavedBreaker.MAX_NUMBER;
    if (type == String.class) {
      return List.of("x".repeat(SavedBreaker.MAX_TEXT + 1));
    }
    if (type == long.class) {
      return List.of(-1L, Long.MIN_VALUE, Long.MAX_VALUE, most + 1);
    }
    if (type == int.class) {
      return List.of(-1, Integer.MIN_VALUE, Integer.MAX_VALUE, SavedBreaker.MAX_COUNT + 1);
    }
    if (type == Instant.class) {
      return List.of(
          Instant.MIN,
          Instant.MAX,
          SavedBreaker.EARLIEST.minusNanos(1),
          SavedBreaker.LATEST.plusNanos(1),
          Instant.ofEpochSecond(Long.MAX_VALUE / 1_000_000));
    }
    if (type == Duration.class) {
      return List.of(
          Duration.ofNanos(-1),
          SavedBreaker.MAX_COOLDOWN.plusNanos(1),
          Duration.ofSeconds(Long.MAX_VALUE));
    }
    if (type == CircuitBreakerTotals.class) {
      return IntStream.range(0, 5)
          .boxed()
          .<Object>flatMap(
              i -> Stream.of(totals(i, -1), totals(i, Long.MAX_VALUE), totals(i, most + 1)))
          .toList();
    }
    throw new AssertionError("what is out of bounds for " + type + "?");
  }

  private static CircuitBreakerTotals totals(int index, long value) {
    long[] counts = new long[5];
    counts[index] = value;
    return CircuitBreakerTotals.builder()
        .successes(counts[0])
        .failures(counts[1])
        .ignored(counts[2])
        .rejected(counts[3])
        .late(counts[4])
        .build();
  }

  static Stream<Arguments> everyBadValue() {
    return IntStream.range(0, VALUES.size())
        .boxed()
        .filter(i -> VALUES.get(i).getType() != CircuitBreakerState.class
            && VALUES.get(i).getType() != boolean.class)
        .flatMap(i -> bad(VALUES.get(i).getType()).stream()
            .map(value -> arguments(VALUES.get(i).getName(), i, value)));
  }

  @ParameterizedTest(name = "{0} {index}")
  @MethodSource("everyBadValue")
  void component_outOfBounds_isRejectedByName(String component, int index, Object value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> with(index, value))
        .withMessageContaining(
            component.equals("totals") ? " must be in [0, 9007199254740992]" : component + " must ")
        .satisfies(thrown -> assertThat(thrown.getMessage().length()).isLessThan(200));
  }

  @Test
  void component_null_isRejectedUnlessItMayBe() {
    for (int i = 0; i < VALUES.size(); i++) {
      int index = i;
      if (VALUES.get(i).getType().isPrimitive()) {
        continue;
      }
      if (List.of("key", "openUntil").contains(VALUES.get(i).getName())) {
        assertThatCode(() -> with(index, null)).doesNotThrowAnyException();
      } else {
        assertThatCode(() -> with(index, null)).isInstanceOf(NullPointerException.class);
      }
    }
  }

  @Test
  void toBuilder_eachValue_isCopied() {
    SavedBreaker saved = SavedBreaker.builder("name")
        .key("key")
        .state(CircuitBreakerState.HALF_OPEN)
        .generation(2)
        .enteredAt(Instant.ofEpochSecond(3))
        .openUntil(Instant.ofEpochSecond(4))
        .cooldown(Duration.ofSeconds(5))
        .cooldownStep(6)
        .consecutiveFailures(7)
        .consecutiveSuccesses(8)
        .openedByHand(true)
        .probeSuccesses(9)
        .probeFailures(13)
        .totals(totals(1, 10))
        .slowCalls(11)
        .declared("declared")
        .savedAt(Instant.ofEpochSecond(12))
        .build();

    SavedBreaker copy = saved.toBuilder().build();

    assertThat(copy).isNotSameAs(saved).isEqualTo(saved).hasSameHashCodeAs(saved);
    assertThat(copy).hasToString(saved.toString());
    assertThat(copy).isNotEqualTo(saved.toBuilder().slowCalls(12).build());
    assertThat(copy.toString())
        .startsWith("SavedBreaker[name=name, key=key, state=")
        .endsWith("]");
  }

  @Test
  void loaded_moreThanItHolds_isCutOffAndReported() {
    SavedBreaker row = row("x".repeat(SavedBreaker.MAX_TEXT), 0);
    List<SavedBreaker> wide = IntStream.range(0, 2_000).mapToObj(i -> row).toList();
    StateStore.Loaded byCharacters = StateStore.Loaded.of(wide, List.of());
    assertThat(byCharacters.states().size()).isEqualTo(1_599);
    assertThat(byCharacters.problems()).singleElement().asString().startsWith("at least ");

    List<SavedBreaker> many =
        IntStream.range(0, 100_001).mapToObj(i -> row("n", i)).toList();
    StateStore.Loaded byRows = StateStore.Loaded.of(many, List.of());
    assertThat(byRows.states().size()).isEqualTo(StateStore.Loaded.MAX_ROWS);
    assertThat(byRows.problems()).singleElement().asString().startsWith("at least 1 rows");
    assertThat(byRows.states().get(7).declared())
        .as("equal settings are one text")
        .isSameAs(byRows.states().get(70).declared());
  }

  @Test
  void builder_manyProblems_areCountedAndCannotForgeLines() {
    StateStore.Loaded.Builder builder = new StateStore.Loaded.Builder();
    for (int i = 0; i < 1_000; i++) {
      builder.problem("bad\r\nWARNING forged \u001b[0m" + "x".repeat(1_000));
    }
    StateStore.Loaded loaded = builder.leaveOut(7).build();
    assertThat(loaded.problems()).hasSize(StateStore.Loaded.MAX_PROBLEMS + 2);
    assertThat(loaded.problems().get(0)).startsWith("at least 7 rows");
    assertThat(loaded.problems().get(1)).startsWith("bad??WARNING forged ?[0m").hasSize(503);
    assertThat(loaded.problems()).last().asString().startsWith("at least 900 more");
  }

  private static SavedBreaker row(String name, int number) {
    return SavedBreaker.builder(name)
        .key("k" + number)
        .declared(String.valueOf(number % 3))
        .build();
  }
}
