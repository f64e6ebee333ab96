package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ScoreTest {
  private final Scoreboard scoreboard = new Scoreboard();

  @Test
  void score_isAPicture_thatLaterCallsDoNotChange() {
    scoreboard.record(Outcome.SERVED, 10);
    Score picture = scoreboard.score();
    scoreboard.record(Outcome.SERVED, 10);

    assertThat(picture.count(Outcome.SERVED)).isOne();
    assertThat(scoreboard.score().count(Outcome.SERVED)).isEqualTo(2);
  }

  @Test
  void admitted_leavesRejectionsOut() {
    for (Outcome outcome : Outcome.values()) {
      scoreboard.record(outcome, 10);
    }

    assertThat(scoreboard.score().calls()).isEqualTo(4);
    assertThat(scoreboard.score().admitted().count()).isEqualTo(3);
  }

  @Test
  void nothing_hasNoCalls() {
    assertThat(Score.NOTHING.calls()).isZero();
    assertThat(scoreboard.score().since(Score.NOTHING).calls()).isZero();
  }

  @Test
  void recentScore_holdsAboutASecond() {
    RecentScore recent = new RecentScore();
    for (int tenth = 1; tenth <= 30; tenth++) {
      scoreboard.record(Outcome.REJECTED, 10);
      recent.add(Duration.ofMillis(100L * tenth), scoreboard.score());
    }

    assertThat(recent.span()).isEqualTo(Duration.ofSeconds(1));
    assertThat(recent.score().count(Outcome.REJECTED)).isEqualTo(10);
  }

  @Test
  void recentScore_rareReadings_spanTheWholeGap() {
    RecentScore recent = new RecentScore();
    scoreboard.record(Outcome.SERVED, 10);
    recent.add(Duration.ofSeconds(5), scoreboard.score());
    scoreboard.record(Outcome.SERVED, 10);
    recent.add(Duration.ofSeconds(9), scoreboard.score());

    assertThat(recent.span()).isEqualTo(Duration.ofSeconds(4));
    assertThat(recent.score().count(Outcome.SERVED)).isOne();
  }
}
