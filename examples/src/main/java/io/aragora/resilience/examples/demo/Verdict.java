package io.aragora.resilience.examples.demo;

import java.util.ArrayList;
import java.util.List;

/** The claims of the demo, and whether they hold. Not thread-safe. */
final class Verdict {
  /**
   * One claim.
   *
   * @param text the claim
   * @param holds whether it holds
   * @param evidence the measurement
   */
  record Claim(String text, boolean holds, String evidence) {}

  private final List<Claim> claims = new ArrayList<>();

  void claim(String text, boolean holds, String evidence) {
    claims.add(new Claim(text, holds, evidence));
  }

  /** Whether every claim holds; false without claims. */
  boolean holds() {
    return !claims.isEmpty() && claims.stream().allMatch(Claim::holds);
  }

  List<String> lines(View view) {
    return claims.stream()
        .map(claim -> " " + view.mark(claim.holds()) + " " + claim.text() + ": " + claim.evidence())
        .toList();
  }

  /** Claims that a rejection is at least ten times faster than a call to a broken upstream. */
  void claimFastRejection(Score outage) {
    Latencies rejected = outage.of(Outcome.REJECTED);
    Latencies admitted = outage.admitted();
    boolean both = rejected.count() > 0 && admitted.count() > 0;
    boolean faster = rejected.median().multipliedBy(10).compareTo(admitted.median()) < 0;
    claim(
        "rejected fast",
        both && faster,
        "during the outage the median of " + rejected.count() + " rejected calls was "
            + Figures.latency(rejected.median()) + ", that of " + admitted.count()
            + " admitted ones " + Figures.latency(admitted.median()));
  }
}
