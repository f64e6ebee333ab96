package io.aragora.resilience.health.page;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosControl;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.stream.Collectors;

/** Says on the page that chaos is active, and stops it for an operator. Thread-safe. */
public final class ChaosNotice {
  /** The last part of the path that stops chaos. */
  public static final String STOP = "stop-chaos";

  private static final GuardedLog LOG = GuardedLog.of(ChaosNotice.class);
  private static final int MOST_NAMED = 10;

  private final Resilience resilience;
  private final TimeSource time;
  private final LiveFeed feed;

  /**
   * Creates a notice.
   *
   * @param resilience the runtime
   * @param time its time
   * @param feed shows that chaos was stopped
   */
  public ChaosNotice(Resilience resilience, TimeSource time, LiveFeed feed) {
    this.resilience = resilience;
    this.time = time;
    this.feed = feed;
  }

  /** Adds {@code chaos} if the process enables it: whether it is active, until when, and which policies inject. */
  static void addTo(JsonObject board, Resilience resilience) {
    ChaosControl chaos = resilience.chaos();
    ChaosState state = chaos.state();
    if (state == ChaosState.NOT_ENABLED) {
      return;
    }
    JsonObject json = new JsonObject().put("active", state == ChaosState.ACTIVE);
    chaos.activeUntil().ifPresent(until -> json.put("until", until.toString()));
    board.put(
        "chaos",
        json.put(
            "names",
            resilience.policies().chaos().stream()
                .map(Chaos::name)
                .sorted()
                .limit(MOST_NAMED)
                .collect(Collectors.joining(", "))));
  }

  /**
   * Stops chaos.
   *
   * @param client the client, for the log
   */
  public void stop(String client) {
    LOG.log(
        System.Logger.Level.INFO,
        "operator at {0}: stop of chaos, runtime {1}",
        client,
        resilience.name());
    feed.tell(new Target("chaos", null)
        .toJson()
        .put("at", time.wallTime().toString())
        .put("action", "stop"));
    resilience.chaos().stop();
    feed.hurry();
  }
}
