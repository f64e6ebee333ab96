package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a listener does between two attempts to connect. No server is there. */
@Tag("any-jdk")
@Timeout(120)
class ListenerPausesTest {
  private static final String THREAD = "resilience-postgresql-listener";

  /** So long that no attempt follows within a test. */
  private static final long HOUR_MILLIS = TimeUnit.HOURS.toMillis(1);

  private final List<Throwable> outages = new CopyOnWriteArrayList<>();
  private final RecordedLog log = RecordedLog.of(ChangeListener.class);

  /** Held, since the JDK holds it weakly. */
  private final Logger logger = Logger.getLogger(ChangeListener.class.getName());

  @AfterEach
  void close() throws Exception {
    logger.setLevel(null);
    log.close();
    Await.until("no thread listens", () -> threads().isEmpty());
  }

  private ChangeListener listener(long retryMillis) throws Exception {
    return new ChangeListener(
        // Port 1 belongs to a service that no machine runs.
        DatabaseLocation.parse("postgresql://127.0.0.1:1/state?user=u&password=battery"),
        InstantSource.system(),
        UUID.randomUUID(),
        0,
        state -> {},
        outages::add,
        new ChangeListener.Waits(10_000, TimeUnit.SECONDS.toNanos(10), retryMillis));
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(THREAD))
        .toList();
  }

  private static boolean pauses(Thread thread) {
    return thread.getState() == Thread.State.TIMED_WAITING
        && Arrays.stream(thread.getStackTrace())
            .anyMatch(frame -> frame.getMethodName().equals("pause"));
  }

  private Thread startAndAwaitThePause(ChangeListener listener) throws Exception {
    listener.start();
    Await.until(
        "it pauses after an outage",
        () -> !outages.isEmpty() && pauses(threads().get(0)));
    return threads().get(0);
  }

  @Test
  void noServer_isReportedOnce_withTheMessageOfTheDriver() throws Exception {
    try (ChangeListener listener = listener(HOUR_MILLIS)) {
      startAndAwaitThePause(listener);

      assertThat(outages).hasSize(1);
      assertThat(log.messages()).hasSize(1);
      assertThat(log.messages().get(0))
          .startsWith("WARNING does not receive other instances' changes in ")
          .contains("; retries in the background: " + outages.get(0).getMessage())
          .doesNotContain("battery");
    }
  }

  @Test
  void pause_isInterrupted_goesOn() throws Exception {
    logger.setLevel(Level.FINE);
    try (ChangeListener listener = listener(HOUR_MILLIS)) {
      Thread thread = startAndAwaitThePause(listener);
      thread.interrupt();
      Await.until("it woke", () -> log.messages().contains("FINE interrupted"));
      Await.until("it pauses again", () -> pauses(thread));

      assertThat(outages).as("no second attempt").hasSize(1);
    }
  }

  @Test
  void close_duringAPause_endsTheThread() throws Exception {
    ChangeListener listener = listener(HOUR_MILLIS);
    Thread thread = startAndAwaitThePause(listener);

    listener.close();
    thread.join(TimeUnit.SECONDS.toMillis(60));

    assertThat(thread.isAlive()).isFalse();
    assertThat(outages).hasSize(1);
  }

  @Test
  void pause_ends_theNextAttemptFollows_andIsNotLogged() throws Exception {
    try (ChangeListener listener = listener(1)) {
      listener.start();
      Await.until("several attempts", () -> outages.size() >= 3);
      assertThat(log.messages()).hasSize(1);
    }
  }

  @Test
  void pauses_ofDifferentInstances_differByUpToAQuarter() {
    Random random = new Random(1);
    Set<Long> pauses = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      pauses.add(ChangeListener.pauseMillis(1_000, new UUID(random.nextLong(), random.nextLong())));
    }

    assertThat(pauses).hasSizeGreaterThan(200).allMatch(pause -> 1_000 <= pause && pause < 1_250);
    assertThat(ChangeListener.pauseMillis(1, UUID.randomUUID())).isEqualTo(1);
  }

  @Test
  void retries_becomeTwiceAsLate_upToAMinute() {
    assertThat(ChangeListener.nextRetryMillis(1_000)).isEqualTo(2_000);
    assertThat(ChangeListener.nextRetryMillis(30_000)).isEqualTo(60_000);
    assertThat(ChangeListener.nextRetryMillis(60_000)).isEqualTo(60_000);
  }
}
