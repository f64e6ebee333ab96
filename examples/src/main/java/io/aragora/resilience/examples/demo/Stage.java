package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The stage of a story: the client and its callers, the clock, and the view, which is updated while time passes. Confined to
 * the main thread.
 */
final class Stage implements AutoCloseable {
  private static final long TICK_MILLIS = 10;
  private static final Duration READING_INTERVAL = Duration.ofMillis(100);

  private final DemoOptions options;
  private final View view;
  private final URI target;
  private final StateFile state;
  private final Leftovers leftovers;
  private final TransitionLog transitions = new TransitionLog();
  private final Scoreboard scoreboard = new Scoreboard();
  private final RecentScore recent = new RecentScore();
  private final long startNanos = System.nanoTime();
  private Duration nextReading = Duration.ZERO;
  private int clients;

  /** The port of the first client; the next client uses the same, so that an open live page continues. */
  private int port;

  private @Nullable ProtectedClient client;
  private @Nullable Load load;

  Stage(DemoOptions options, View view, URI target, StateFile state, Leftovers leftovers) {
    this.options = options;
    this.view = view;
    this.target = target;
    this.state = state;
    this.leftovers = leftovers;
    this.port = options.port();
  }

  /**
   * Opens a client, the first or the next, without callers.
   *
   * @throws IOException if its port is in use
   */
  ProtectedClient openClient() throws IOException {
    if (client != null) {
      throw new IllegalStateException("the previous client is still open");
    }
    String name = Threads.PREFIX + "client-" + ++clients;
    ProtectedClient opened = new ProtectedClient(name, options, port, target, state, transitions);
    client = opened;
    if (clients == 1) {
      port = opened.endpoint().getPort();
      leftovers.watchPort(port);
      view.print("See it live: " + opened.endpoint());
    }
    return opened;
  }

  /** Starts the callers. */
  void startLoad() {
    load = Load.start(client(), scoreboard, options);
  }

  /** Ends the callers, then the client. */
  void closeClient() {
    stopLoad();
    if (client != null) {
      client.close();
      client = null;
    }
  }

  void stopLoad() {
    if (load != null) {
      load.close();
      load = null;
    }
  }

  /** Returns the client that is open. */
  ProtectedClient client() {
    if (client == null) {
      throw new IllegalStateException("no client is open");
    }
    return client;
  }

  CircuitBreaker breaker() {
    return client().breaker();
  }

  View view() {
    return view;
  }

  Score score() {
    return scoreboard.score();
  }

  long opened() {
    return transitions.opened();
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** Returns the instant at which a share of the demo's length is over. */
  Duration at(int percent) {
    return options.length().multipliedBy(percent).dividedBy(100);
  }

  /** Updates the view until an instant. */
  void play(String act, String scene, Duration until) throws InterruptedException {
    while (elapsed().compareTo(until) < 0) {
      tick(act, scene);
    }
  }

  /**
   * Updates the view until a condition holds.
   *
   * @return whether it held in time
   */
  boolean playUntil(String act, String scene, BooleanSupplier condition, Duration atMost)
      throws InterruptedException {
    Duration end = elapsed().plus(atMost);
    boolean reached = condition.getAsBoolean();
    while (!reached && elapsed().compareTo(end) < 0) {
      tick(act, scene);
      reached = condition.getAsBoolean();
    }
    return reached;
  }

  private void tick(String act, String scene) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
    for (CircuitBreakerTransition transition : transitions.drain()) {
      view.print(line(transition));
    }
    Duration now = elapsed();
    if (now.compareTo(nextReading) >= 0) {
      nextReading = now.plus(READING_INTERVAL);
      Score total = score();
      recent.add(now, total);
      view.show(new Reading(
          now,
          options.length(),
          act,
          scene,
          breaker().snapshot(),
          opened(),
          total,
          recent.score(),
          recent.span()));
    }
  }

  private String line(CircuitBreakerTransition transition) {
    String cause = transition.cause().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    return String.format(
        Locale.ROOT,
        "%6s  * breaker %s -> %s: %s",
        Figures.seconds(elapsed()),
        transition.from().text(),
        transition.to().text(),
        cause);
  }

  @Override
  public void close() {
    closeClient();
  }
}
