package io.aragora.resilience.core.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.chaos.Injection;
import io.aragora.resilience.core.persistence.RecordedLog;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a random number decides, at the edges of the chances; and what chaos says of itself. */
class ChaosDrawTest extends ChaosFixture {
  private static final ChaosConfig CONFIG = ChaosConfig.builder()
      .fail(20, () -> new IOException("chaos"))
      .delay(30, Duration.ofMillis(10), Duration.ofMillis(20))
      .build();

  private static Injection injected(ChaosDraw draw, double drawn) {
    var chance = draw.at(drawn);
    return chance == null ? null : chance.injection();
  }

  @Test
  void at_eachChance_beginsWhereTheOneBeforeEnds() {
    ChaosDraw draw = new ChaosDraw(CONFIG.chances(), 1);
    assertThat(injected(draw, 0)).isEqualTo(Injection.FAIL);
    assertThat(injected(draw, Math.nextDown(0.2))).isEqualTo(Injection.FAIL);
    assertThat(injected(draw, 0.2)).isEqualTo(Injection.DELAY);
    assertThat(injected(draw, Math.nextDown(0.5))).isEqualTo(Injection.DELAY);
    assertThat(injected(draw, 0.5)).isNull();
    assertThat(injected(draw, ChaosDraw.NOTHING)).isNull();
  }

  @Test
  void at_scaled_eachChanceIsItsFirstPart() {
    ChaosDraw draw = new ChaosDraw(CONFIG.chances(), 0.5);
    assertThat(draw.scale()).isEqualTo(0.5);
    assertThat(injected(draw, 0)).isEqualTo(Injection.FAIL);
    assertThat(injected(draw, 0.0999)).isEqualTo(Injection.FAIL);
    assertThat(injected(draw, 0.1)).isNull();
    assertThat(injected(draw, 0.2)).isEqualTo(Injection.DELAY);
    assertThat(injected(draw, 0.3499)).isEqualTo(Injection.DELAY);
    assertThat(injected(draw, 0.3501)).isNull();
    assertThat(injected(new ChaosDraw(CONFIG.chances(), 0), 0)).isNull();
  }

  @Test
  void delayNanos_goesFromTheShortestToTheLongest_whateverTheScale() {
    ChaosDraw whole = new ChaosDraw(CONFIG.chances(), 1);
    assertThat(whole.delayNanos(0.2)).isEqualTo(10_000_000);
    assertThat(whole.delayNanos(0.35)).isCloseTo(15_000_000, within(1L));
    assertThat(whole.delayNanos(Math.nextDown(0.5))).isBetween(19_999_990L, 20_000_000L);
    ChaosDraw half = new ChaosDraw(CONFIG.chances(), 0.5);
    assertThat(half.delayNanos(0.2)).isEqualTo(10_000_000);
    assertThat(half.delayNanos(0.275)).isCloseTo(15_000_000, within(1L));
  }

  private String startLine() {
    try (RecordedLog log = RecordedLog.of(ChaosSwitch.class)) {
      resilience.chaos().start(Duration.ofMinutes(1));
      resilience.chaos().stop();
      return log.messages().get(0);
    }
  }

  @Test
  void start_namesUpToTenPolicies_andTheNumberOfTheOthers() {
    assertThat(startLine()).contains("Z: no policy yet. It ends");
    for (int i = 9; i >= 0; i--) {
      resilience.chaos("c" + i, CONFIG);
    }
    String ten = "Z: c0, c1, c2, c3, c4, c5, c6, c7, c8, c9";
    assertThat(startLine()).contains(ten + ". It ends");
    resilience.chaos("d", CONFIG);
    resilience.chaos("e", CONFIG);
    assertThat(startLine()).contains(ten + " and 2 more. It ends");
  }

  @Test
  void text_hasTheState() {
    assertThat(resilience.chaos()).hasToString("chaos of runtime 'test': " + ChaosState.STOPPED);
    resilience.chaos().start(Duration.ofMinutes(1));
    assertThat(resilience.chaos()).hasToString("chaos of runtime 'test': " + ChaosState.ACTIVE);
    assertThat(resilience.chaos().activeUntil()).isPresent();
    resilience.chaos().stop();
    assertThat(resilience.chaos().activeUntil()).isEmpty();
  }
}
