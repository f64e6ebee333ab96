package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = Kills.LIMIT_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KilledLimiterTest {
  private static final long SEED = 30;
  private static final int MOST_STEPS = 2_000;

  /** The permits of the second between two looks, and those of the moment in which the timer and the store act. */
  private static final long MOST_LOST = 100 + 10;

  @TempDir
  Path folder;

  @Test
  @Tag("RL-30")
  @DisplayName("after a kill, at most what was taken within a second is admitted again")
  void quota_processIsKilled_isNotNew() throws Exception {
    Kills kills = new Kills(SEED);
    for (int round = 1; round <= Math.max(3, Kills.COUNT / 4); round++) {
      Path place = folder.resolve("state-" + round).resolve("state.db");
      String location = "sqlite:" + place;
      long taken;
      try (ChildJvm child = ChildJvm.start(
          LimitingRuntime.class, folder, List.of(ChildJvm.NATIVE_ACCESS), location)) {
        taken = kills.killAmongWrites(child, 0, MOST_STEPS);
      }

      ManualTime time = ManualTime.create()
          .startingAt(ManualTime.DEFAULT_START.plus(LimitingRuntime.STEP.multipliedBy(taken)));
      try (Resilience resilience = LimitingRuntime.open(location, time)) {
        long level =
            resilience.rateLimiter("quota", LimitingRuntime.QUOTA).snapshot().level();
        assertThat(LimitingRuntime.QUOTA.burst() - level)
            .as("taken by the restored level, of %s", taken)
            .isBetween(taken - MOST_LOST, taken + 1);
      }
      Kills.assertSound(place);
    }
  }
}
