package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Breaks the demo's own upstream and mends it, and restarts the client in the middle of the outage. Acts end at fixed shares
 * of the demo's length; an act that must observe something first waits longer for it, up to a bound.
 */
final class OutageStory implements Story {
  /** When each act ends, in percent of the length. */
  private static final int HEALTHY_ENDS = 15;

  private static final int SLOW_ENDS = 30;
  private static final int FAILING_ENDS = 50;
  private static final int FAILING_AFTER_RESTART_ENDS = 60;
  private static final int MENDED_ENDS = 100;

  /** The share of the cooldown that must remain for the restart, in percent. */
  private static final int FRESH = 60;

  private final Upstream upstream;
  private final StateFile state;
  private final Duration patience;

  OutageStory(Upstream upstream, StateFile state, Duration cooldown) {
    this.upstream = upstream;
    this.state = state;
    this.patience = cooldown.multipliedBy(3).plusSeconds(5);
  }

  @Override
  public void play(Stage stage, Verdict verdict)
      throws IOException, StateStoreException, InterruptedException {
    // The first call loads classes; if all callers made it at once, the upstream would seem slow.
    Outcome unused = stage.openClient().call();
    stage.startLoad();
    act(stage, "healthy", Upstream.Mode.HEALTHY, HEALTHY_ENDS);

    Score beforeOutage = stage.score();
    act(stage, "slow", Upstream.Mode.SLOW, SLOW_ENDS);
    act(stage, "failing", Upstream.Mode.FAILING, FAILING_ENDS);
    restart(stage, verdict);
    stage.startLoad();
    act(stage, "failing", Upstream.Mode.FAILING, FAILING_AFTER_RESTART_ENDS);
    verdict.claimFastRejection(stage.score().since(beforeOutage));

    recover(stage, verdict);
    stage.stopLoad();
    stage.view().settle();
    Pages pages = Pages.read(stage.client());
    pages.print(stage.view());
    verdict.claim("health and metrics served", pages.served() && pages.ready(), pages.summary());
  }

  private void act(Stage stage, String name, Upstream.Mode mode, int endPercent)
      throws InterruptedException {
    upstream.become(mode);
    stage.play(name, scene(), stage.at(endPercent));
  }

  private String scene() {
    return "the upstream " + upstream.mode().text();
  }

  private void restart(Stage stage, Verdict verdict)
      throws IOException, StateStoreException, InterruptedException {
    boolean open =
        stage.playUntil("failing", scene(), () -> isFreshlyOpen(snapshot(stage)), patience);
    verdict.claim(
        "opened",
        open,
        stage.opened() + " times in the first half, last because of "
            + Figures.reason(snapshot(stage)));

    stage.stopLoad();
    CircuitBreakerSnapshot before = snapshot(stage);
    long closing = System.nanoTime();
    stage.closeClient();
    View view = stage.view();
    view.print("");
    view.print("The client's runtime is closed. " + state.path() + " holds:");
    List<SavedBreaker> saved = state.read();
    saved.forEach(row -> view.print("  " + Figures.saved(row)));
    String runtime = stage.openClient().name();
    CircuitBreakerSnapshot after = snapshot(stage);
    Duration away = Duration.ofNanos(System.nanoTime() - closing);
    view.print("A new runtime, " + runtime + ", is open on it: the breaker is "
        + Figures.state(after) + " (" + Figures.reason(after) + "), and nothing was called yet.");
    view.print("");
    verdict.claim(
        "still open after the restart",
        open && saved.size() == 1 && isSame(before, after),
        Figures.seconds(before.remainingCooldown()) + " of the cooldown left before, "
            + Figures.seconds(after.remainingCooldown()) + " after, "
            + Figures.latency(away) + " later in a new runtime");
  }

  /** The same open phase, not a new one. */
  private static boolean isSame(CircuitBreakerSnapshot before, CircuitBreakerSnapshot after) {
    return after.state() == CircuitBreakerState.OPEN
        && after.generation() >= before.generation()
        && after.remainingCooldown().compareTo(before.remainingCooldown()) <= 0;
  }

  private void recover(Stage stage, Verdict verdict) throws InterruptedException {
    upstream.become(Upstream.Mode.HEALTHY);
    Duration mended = stage.elapsed();
    boolean closed = stage.playUntil("mended", scene(), () -> isClosed(stage), patience);
    Duration took = stage.elapsed().minus(mended);
    Score atClosing = stage.score();
    stage.play("mended", scene(), stage.at(MENDED_ENDS));
    // On a machine that stalls, calls time out although the upstream is fast; the breaker recovers
    // from that, too.
    boolean closedAtEnd = stage.playUntil("mended", scene(), () -> isClosed(stage), patience);
    long served = stage.score().since(atClosing).count(Outcome.SERVED);
    verdict.claim(
        "recovered",
        closed && closedAtEnd && served > 0,
        closed
            ? "closed " + Figures.seconds(took) + " after the upstream was mended, " + served
                + " calls served since"
            : "not closed " + Figures.seconds(took) + " after the upstream was mended");
  }

  private static CircuitBreakerSnapshot snapshot(Stage stage) {
    return stage.breaker().snapshot();
  }

  private static boolean isClosed(Stage stage) {
    return stage.breaker().state() == CircuitBreakerState.CLOSED;
  }

  private static boolean isFreshlyOpen(CircuitBreakerSnapshot breaker) {
    Duration least = breaker.cooldown().multipliedBy(FRESH).dividedBy(100);
    return breaker.state() == CircuitBreakerState.OPEN
        && breaker.remainingCooldown().compareTo(least) >= 0;
  }
}
