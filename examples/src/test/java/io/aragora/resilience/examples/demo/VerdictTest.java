package io.aragora.resilience.examples.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static final long MICROSECOND = 1_000;
  private static final long MILLISECOND = 1_000_000;

  private final Verdict verdict = new Verdict();
  private final Scoreboard outage = new Scoreboard();

  @Test
  void holds_noClaim_no() {
    assertThat(verdict.holds()).isFalse();
  }

  @Test
  void holds_everyClaim_yes() {
    verdict.claim("opened", true, "3 times");
    verdict.claim("recovered", true, "after 1 s");

    assertThat(verdict.holds()).isTrue();
  }

  @Test
  void holds_oneClaimFails_no() {
    verdict.claim("opened", true, "3 times");
    verdict.claim("recovered", false, "never");

    assertThat(verdict.holds()).isFalse();
  }

  @Test
  void lines_plainView_oneForEachClaim() {
    verdict.claim("opened", true, "3 times");
    verdict.claim("recovered", false, "never");
    View view = new PlainView(new PrintStream(new ByteArrayOutputStream(), true, UTF_8));

    assertThat(verdict.lines(view))
        .containsExactly(" [ok]     opened: 3 times", " [FAILED] recovered: never");
  }

  @Test
  void claimFastRejection_tenTimesQuicker_holds() {
    outage.record(Outcome.REJECTED, 50 * MICROSECOND);
    outage.record(Outcome.TIMED_OUT, 200 * MILLISECOND);

    verdict.claimFastRejection(outage.score());

    assertThat(verdict.holds()).isTrue();
  }

  @Test
  void claimFastRejection_hardlyQuicker_fails() {
    outage.record(Outcome.REJECTED, 50 * MILLISECOND);
    outage.record(Outcome.FAILED, 200 * MILLISECOND);

    verdict.claimFastRejection(outage.score());

    assertThat(verdict.holds()).isFalse();
  }

  @Test
  void claimFastRejection_nothingRejected_fails() {
    outage.record(Outcome.FAILED, 200 * MILLISECOND);

    verdict.claimFastRejection(outage.score());

    assertThat(verdict.holds()).isFalse();
  }

  @Test
  void claimFastRejection_nothingAdmitted_fails() {
    outage.record(Outcome.REJECTED, MICROSECOND);

    verdict.claimFastRejection(outage.score());

    assertThat(verdict.holds()).isFalse();
  }
}
