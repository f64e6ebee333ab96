package io.aragora.resilience.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BackoffTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static double seconds(Backoff backoff, int retry, double random) {
    return backoff.delayNanos(retry, 0, random) / 1e9;
  }

  private static List<Double> plainSeconds(Backoff backoff, int... retries) {
    Backoff plain = backoff.withJitter(Jitter.NONE);
    return IntStream.of(retries).mapToObj(retry -> seconds(plain, retry, 0.7)).toList();
  }

  @Test
  @Tag("RT-01")
  @Tag("fault-44")
  @DisplayName("strategies and kinds of jitter are parsed by name; other names are rejected")
  void parse_knowsTheNames() {
    for (String name : List.of("exponential", "linear", "constant", "fibonacci")) {
      assertThat(Backoff.named(" " + name.toUpperCase(java.util.Locale.ROOT), SECOND))
          .hasToString(Backoff.named(name, SECOND).toString())
          .asString()
          .startsWith(name + "(");
    }
    for (Jitter kind : Jitter.values()) {
      assertThat(Jitter.named(kind.name().toLowerCase(java.util.Locale.ROOT))).isSameAs(kind);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.named("cubic", SECOND))
        .withMessage("strategy must be one of [exponential, linear, constant, fibonacci]: cubic");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Jitter.named("true"))
        .withMessage(
            "jitter must be one of [none, full, equal, additive, multiplicative, absolute, decorrelated]: true");
  }

  @Test
  @Tag("RT-04")
  @DisplayName("each of the four strategies follows its formula without jitter")
  void delay_ofEachStrategy_followsItsFormula() {
    assertThat(plainSeconds(Backoff.exponential(SECOND), 0, 1, 2, 3))
        .containsExactly(1.0, 2.0, 4.0, 8.0);
    assertThat(plainSeconds(Backoff.linear(SECOND), 0, 1, 2, 3))
        .containsExactly(1.0, 2.0, 3.0, 4.0);
    assertThat(plainSeconds(Backoff.constant(SECOND), 0, 1, 5, 10))
        .containsExactly(1.0, 1.0, 1.0, 1.0);
    assertThat(plainSeconds(Backoff.fibonacci(SECOND), 0, 1, 2, 3, 4))
        .containsExactly(1.0, 2.0, 3.0, 5.0, 8.0);
    assertThat(plainSeconds(Backoff.exponential(Duration.ofMillis(500)), 0, 1, 2))
        .containsExactly(0.5, 1.0, 2.0);
    assertThat(plainSeconds(Backoff.constant(Duration.ofMillis(1500)), 0, 9))
        .containsExactly(1.5, 1.5);
  }

  @Test
  @Tag("RT-05")
  @DisplayName("a delay above the cap is the cap")
  void delay_aboveTheCap_isTheCap() {
    Duration five = Duration.ofSeconds(5);
    assertThat(plainSeconds(Backoff.exponential(SECOND).cappedAt(five), 10, 20))
        .containsExactly(5.0, 5.0);
    assertThat(plainSeconds(Backoff.linear(SECOND).cappedAt(Duration.ofSeconds(10)), 100))
        .containsExactly(10.0);
    assertThat(plainSeconds(Backoff.fibonacci(SECOND).cappedAt(five), 20)).containsExactly(5.0);
  }

  @Test
  @Tag("RT-06")
  @DisplayName("without jitter, delays are not random")
  void delay_withoutJitter_isNotRandom() {
    Backoff plain = Backoff.exponential(SECOND).withJitter(Jitter.NONE);
    assertThat(IntStream.range(0, 20).mapToObj(i -> plain.delayNanos(3, 0, i / 20.0)))
        .containsOnly(8_000_000_000L);
  }

  @Test
  @Tag("RT-07")
  @DisplayName("each kind of jitter follows its formula")
  void delay_withJitter_followsItsFormula() {
    Backoff backoff = Backoff.exponential(SECOND);
    assertThat(seconds(backoff.withJitter(Jitter.ADDITIVE, 0.25), 1, 0.5)).isEqualTo(2.125);
    assertThat(seconds(backoff.withJitter(Jitter.MULTIPLICATIVE, 0.25), 1, 0.5)).isEqualTo(2.0);
    assertThat(seconds(backoff.withJitter(Jitter.MULTIPLICATIVE, 0.25), 1, 0)).isEqualTo(1.5);
    assertThat(seconds(backoff.withJitter(Jitter.MULTIPLICATIVE, 0.25), 1, 1 - 1e-12))
        .isCloseTo(2.5, within(1e-9));
    assertThat(seconds(backoff.withJitter(Jitter.FULL), 1, 0.5)).isEqualTo(1.0);
    assertThat(seconds(backoff.withJitter(Jitter.FULL), 1, 0)).isZero();
    assertThat(seconds(backoff.withJitter(Jitter.EQUAL), 1, 0)).isEqualTo(1.0);
    assertThat(seconds(backoff.withJitter(Jitter.EQUAL), 1, 0.5)).isEqualTo(1.5);
    Backoff decorrelated = backoff.withJitter(Jitter.DECORRELATED);
    assertThat(decorrelated.delayNanos(1, 4_000_000_000L, 0)).isEqualTo(1_000_000_000L);
    assertThat(decorrelated.delayNanos(1, 4_000_000_000L, 0.5)).isEqualTo(6_500_000_000L);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("RT-08")
  @Tag("fault-39")
  @DisplayName("no delay is negative, and none exceeds the cap, jitter included")
  void delay_withJitter_staysBetweenZeroAndTheCap(Jitter kind) {
    SplittableRandom random = new SplittableRandom(42);
    for (int i = 0; i < 2_000; i++) {
      Duration base = Duration.ofMillis(random.nextLong(10, 5_000));
      Duration cap = Duration.ofSeconds(random.nextLong(1, 60));
      List<Backoff> all = List.of(
          Backoff.exponential(base),
          Backoff.linear(base),
          Backoff.constant(base),
          Backoff.fibonacci(base));
      Backoff capped = all.get(i % all.size()).cappedAt(cap);
      Backoff backoff = kind == Jitter.ABSOLUTE
          ? capped.withJitter(Duration.ofMillis(random.nextLong(1, 90_000)))
          : capped.withJitter(kind, random.nextDouble());
      long previous = random.nextLong(0, cap.toNanos());
      assertThat(backoff.delayNanos(random.nextInt(0, 10), previous, random.nextDouble()))
          .isBetween(0L, cap.toNanos());
    }
  }

  @Test
  @Tag("RT-09")
  @DisplayName("the delays of fibonacci grow by the Fibonacci numbers")
  void delay_fibonacci_growsByTheNumbers() {
    assertThat(List.of(0, 1, 2, 3, 4, 5, 6, 7, 10, 20, -1, -100))
        .extracting(Backoff::fibonacci)
        .containsExactly(0L, 1L, 1L, 2L, 3L, 5L, 8L, 13L, 55L, 6765L, 0L, 0L);
    assertThat(Backoff.fibonacci(92)).isEqualTo(7540113804746346429L);
    assertThat(Backoff.fibonacci(93)).isEqualTo(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"exponential", "linear", "fibonacci"})
  @Tag("RT-10")
  @Tag("S1")
  @Tag("fault-40")
  @DisplayName("delays grow to the cap and stay there for any number of attempts")
  void delay_ofManyAttempts_staysAtTheCap(String strategy) {
    Duration cap = Duration.ofSeconds(10);
    Backoff backoff = Backoff.named(strategy, SECOND).cappedAt(cap).withJitter(Jitter.NONE);
    long before = 0;
    for (int retry = 0; retry < 5_000; retry++) {
      long delay = backoff.delayNanos(retry, before, 0.5);
      assertThat(delay).as("retry %d", retry).isBetween(before, cap.toNanos());
      before = delay;
    }
    assertThat(backoff.delayNanos(Integer.MAX_VALUE, 0, 0.5)).isEqualTo(cap.toNanos());
    assertThat(Backoff.named(strategy, Duration.ofDays(365))
            .withJitter(Jitter.NONE)
            .delayNanos(Integer.MAX_VALUE, Long.MAX_VALUE, 0.99))
        .isEqualTo(Duration.ofDays(365).toNanos());
  }

  private static Stream<Backoff> atTheCapOfTenSeconds() {
    Backoff backoff = Backoff.exponential(SECOND).cappedAt(Duration.ofSeconds(10));
    Backoff constant = Backoff.constant(Duration.ofSeconds(10)).cappedAt(Duration.ofSeconds(10));
    return Stream.of(backoff, constant)
        .flatMap(each -> Stream.of(
            each.withJitter(Jitter.FULL),
            each.withJitter(Jitter.EQUAL),
            each.withJitter(Jitter.ADDITIVE, 0.25),
            each.withJitter(Jitter.ADDITIVE, 1),
            each.withJitter(Jitter.MULTIPLICATIVE, 0.25),
            each.withJitter(Jitter.MULTIPLICATIVE, 1),
            each.withJitter(Duration.ofMillis(200)),
            each.withJitter(Duration.ofHours(1)),
            each.withJitter(Jitter.DECORRELATED)));
  }

  @ParameterizedTest
  @MethodSource("atTheCapOfTenSeconds")
  @DisplayName("at the cap, delays are spread evenly below it and keep their relative width")
  void delay_atTheCap_isSpreadBelowIt(Backoff backoff) {
    long cap = backoff.capNanos();
    int draws = 100_000;
    SplittableRandom random = new SplittableRandom(4711);
    long[] delays = new long[draws];
    long previous = cap;
    for (int i = 0; i < draws; i++) {
      // A decorrelated delay follows the previous one: after a long outage, each is near the cap.
      previous = Math.max(previous, cap / 3);
      delays[i] = backoff.delayNanos(30, previous, random.nextDouble());
      previous = delays[i];
    }
    Arrays.sort(delays);
    double shortest = delays[0];
    double longest = delays[draws - 1];

    assertThat(longest).as("the longest").isBetween(cap * 0.999, (double) cap);
    assertThat(Arrays.stream(delays).filter(delay -> delay == cap).count())
        .as("in step")
        .isZero();
    for (int tenth = 1; tenth < 10; tenth++) {
      assertThat(delays[draws / 10 * tenth])
          .as("%d tenths", tenth)
          .isCloseTo((long) (shortest + (longest - shortest) * tenth / 10), withinPercentage(2));
    }
    assertThat(shortest / longest).isCloseTo(relativeShortest(backoff), within(0.002));
  }

  /** Returns the shortest delay as a part of the longest one, far below a cap. */
  private static double relativeShortest(Backoff backoff) {
    double tenSeconds = 10e9;
    double f = backoff.jitterFactor();
    double a = backoff.jitterAmount().toNanos();
    return switch (backoff.jitter()) {
      case FULL -> 0;
      case EQUAL -> 0.5;
      case ADDITIVE -> 1 - f * backoff.base().toNanos() / tenSeconds;
      case MULTIPLICATIVE -> (1 - f) / (1 + f);
      case ABSOLUTE -> Math.max(0, 1 - 2 * a / tenSeconds);
      case DECORRELATED -> Math.min(backoff.base().toNanos() / tenSeconds, 1.0 / 3);
      case NONE -> 1;
    };
  }

  @Test
  @DisplayName("just below the cap the spread moves without a step")
  void delay_nearTheCap_growsWithoutAStep() {
    for (double random : new double[] {0, 0.5, 0.999}) {
      for (Backoff backoff : atTheCapOfTenSeconds().toList()) {
        long before = 0;
        for (long plain = 0; plain <= 12_000_000_000L; plain += 10_000_000) {
          long delay = Backoff.custom(constantly(plain))
              .cappedAt(backoff.cap())
              .withJitter(Jitter.MULTIPLICATIVE, backoff.jitterFactor())
              .delayNanos(0, 0, random);
          assertThat(delay).isBetween(before, before + 20_000_000);
          before = delay;
        }
      }
    }
  }

  private static Backoff.Strategy constantly(long nanos) {
    return retry -> nanos;
  }

  @Test
  @DisplayName("a jitter of an amount of time spreads to both sides and never below zero")
  void delay_withAnAmount_isSpreadToBothSides() {
    Backoff backoff = Backoff.constant(SECOND).withJitter(Duration.ofMillis(200));
    assertThat(seconds(backoff, 0, 0)).isEqualTo(0.8);
    assertThat(seconds(backoff, 0, 0.5)).isEqualTo(1.0);
    assertThat(seconds(backoff, 0, 0.75)).isEqualTo(1.1);
    Backoff none = Backoff.constant(Duration.ZERO).withJitter(Duration.ofMillis(200));
    assertThat(seconds(none, 0, 0)).isZero();
    assertThat(seconds(none, 0, 0.5)).isEqualTo(0.1);
    assertThat(none.jitter()).isSameAs(Jitter.ABSOLUTE);
    assertThat(none.jitterAmount()).isEqualTo(Duration.ofMillis(200));
    assertThat(none).asString().endsWith("jitter=absolute PT0.2S)");
    assertThat(none.withJitter(Jitter.FULL).jitterAmount()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.withJitter(Duration.ZERO))
        .withMessageStartingWith("jitterAmount must be positive");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.constant(SECOND).withJitter(Jitter.ABSOLUTE))
        .withMessageStartingWith("jitterAmount must be set if jitter is absolute");
  }

  @Test
  @DisplayName("an exponential backoff grows by its factor")
  void delay_exponential_growsByItsFactor() {
    assertThat(plainSeconds(Backoff.exponential(SECOND, 3), 0, 1, 2, 3, 1_000_000))
        .containsExactly(1.0, 3.0, 9.0, 27.0, 30.0);
    assertThat(plainSeconds(Backoff.exponential(SECOND, 1.5), 0, 1, 2))
        .containsExactly(1.0, 1.5, 2.25);
    assertThat(plainSeconds(Backoff.exponential(SECOND, 1), 0, 9)).containsExactly(1.0, 1.0);
    assertThat(plainSeconds(Backoff.exponential(Duration.ZERO, 100), 0, 9, 1_000))
        .containsExactly(0.0, 0.0, 0.0);
    assertThat(Backoff.exponential(SECOND, 2)).isEqualTo(Backoff.exponential(SECOND));
    assertThat(Backoff.exponential(SECOND, 3))
        .hasToString("exponential(base=PT1S, factor=3.0, cap=PT30S, jitter=multiplicative 0.25)");
    for (double factor : new double[] {0.9, 100.1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Backoff.exponential(SECOND, factor))
          .withMessageStartingWith("factor must be in [1");
    }
  }

  @Test
  @Tag("RT-13")
  @DisplayName("each stream of delays starts with the first delay")
  void delays_ofEachStream_startWithTheFirst() {
    Backoff backoff = Backoff.exponential(SECOND).withJitter(Jitter.NONE);
    assertThat(backoff.delays(() -> 0.5).limit(4).map(Duration::toSeconds))
        .containsExactly(1L, 2L, 4L, 8L);
    assertThat(backoff.delays(() -> 0.5).limit(1)).containsExactly(SECOND);
    assertThat(backoff.delays(() -> 0.5).limit(0)).isEmpty();
    assertThat(backoff.delays(() -> 0.5).limit(100)).allMatch(d -> d.toSeconds() <= 30);
    SplittableRandom random = new SplittableRandom(7);
    assertThat(backoff.withJitter(Jitter.FULL).delays(random::nextDouble).limit(20))
        .doesNotHaveDuplicates();
  }

  @Test
  @Tag("F5")
  @DisplayName("a delay below a millisecond is kept to the nanosecond")
  void delay_belowAMillisecond_isKept() {
    Backoff backoff = Backoff.constant(Duration.ofNanos(900_001)).withJitter(Jitter.NONE);
    assertThat(backoff.delayNanos(0, 0, 0.5)).isEqualTo(900_001);
  }

  @Test
  @Tag("R15")
  @DisplayName("a negative delay of a strategy counts as zero")
  void delay_negative_countsAsZero() {
    assertThat(Backoff.custom(retry -> -1).delayNanos(0, 0, 0.5)).isZero();
    assertThat(Backoff.custom(retry -> Long.MIN_VALUE).delayNanos(0, 0, 0.5)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"exponential", "linear", "constant", "fibonacci"})
  void tooLong_isRejected_evenWhereNanosecondsOverflow(String strategy) {
    for (Duration base : List.of(Duration.ofDays(106_752), Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Backoff.named(strategy, base))
          .withMessageContaining("at most 106,751 days: " + base);
    }
  }

  private static List<Backoff> differentInOneThing() {
    Backoff base = Backoff.exponential(SECOND);
    Backoff.Strategy zero = retry -> 0;
    Backoff.Strategy one = retry -> 1;
    return List.of(
        base,
        Backoff.linear(SECOND),
        Backoff.constant(SECOND),
        Backoff.fibonacci(SECOND),
        Backoff.exponential(Duration.ofSeconds(2)),
        base.cappedAt(Duration.ofSeconds(20)),
        base.withJitter(Jitter.FULL),
        base.withJitter(Jitter.MULTIPLICATIVE, 0.5),
        base.withJitter(SECOND),
        base.withJitter(Duration.ofSeconds(2)),
        Backoff.exponential(SECOND, 3),
        Backoff.custom(zero),
        Backoff.custom(one),
        Backoff.custom(zero).cappedAt(SECOND));
  }

  @Test
  void equalBackoffs_haveTheSameStrategyAndNumbers() {
    List<Backoff> all = differentInOneThing();
    assertThat(all).doesNotHaveDuplicates();
    assertThat(differentInOneThing()).isEqualTo(all).hasSameHashCodeAs(all);
    assertThat(all.get(0)).isEqualTo(all.get(5).cappedAt(Duration.ofSeconds(30)));
    assertThat(Backoff.custom(retry -> 0))
        .asString()
        .startsWith("custom(strategy=a lambda in " + BackoffTest.class.getName() + ", base=");
  }

  @Test
  void badValues_nameSettingRuleAndValue() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.exponential(Duration.ofSeconds(-1)))
        .withMessageContaining("base")
        .withMessageContaining("PT-1S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.exponential(SECOND).withJitter(Jitter.ADDITIVE, Double.NaN))
        .withMessageContaining("jitterFactor")
        .withMessageContaining("NaN");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Backoff.exponential(SECOND).cappedAt(Duration.ZERO))
        .withMessageContaining("PT0S");
  }
}
