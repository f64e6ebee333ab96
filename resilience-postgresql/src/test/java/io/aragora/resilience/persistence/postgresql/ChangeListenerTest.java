package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The changes that instances of a shared table receive from each other. */
@Tag("any-jdk")
class ChangeListenerTest extends PostgresqlStoreFixture {
  private static final String THREAD = "resilience-postgresql-listener";
  private static final AtomicInteger LISTENERS = new AtomicInteger();

  private final BlockingQueue<SavedBreaker> heard = new LinkedBlockingQueue<>();

  @Override
  @AfterEach
  void closeStores() throws Exception {
    super.closeStores();
    Await.until("no thread listens", () -> listeners() == 0);
  }

  private static long listeners() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(THREAD))
        .count();
  }

  /** A listener that has started, so that it receives each later change once. */
  private StateStore listening(Consumer<SavedBreaker> listener) throws Exception {
    String application = "listener" + LISTENERS.incrementAndGet();
    StateStore store = store(location + "&ApplicationName=" + application);
    store.watch(listener);
    Await.until("it listens", () -> caughtUp(application) != null);
    return store;
  }

  private StateStore listening() throws Exception {
    return listening(heard::add);
  }

  /** Returns the number of the process that listens for it. */
  private @Nullable String caughtUp(String application) throws SQLException {
    return query("SELECT pid FROM pg_stat_activity WHERE state = 'idle' AND application_name = '"
        + application + "' AND query LIKE 'SELECT pg_snapshot_xmin%'");
  }

  private SavedBreaker next() throws InterruptedException {
    return Objects.requireNonNull(heard.poll(60, TimeUnit.SECONDS), "nothing was received");
  }

  @Test
  void watch_changeOfAnotherStore_isReceivedWithEveryField() throws Exception {
    listening();
    StateStore other = store();
    SavedBreaker plain = SavedBreakers.open("b");
    SavedBreaker strange = SavedBreakers.open(
        "\0\uD83D\uDD25".repeat(3_000),
        "'key'\n",
        7,
        Duration.ofSeconds(3),
        InstantSource.system());

    other.save(List.of(plain));
    assertThat(next()).isEqualTo(plain);
    other.save(List.of(strange));
    assertThat(next()).isEqualTo(strange);
  }

  @Test
  @DisplayName("each instance receives the changes of the other, and none of its own")
  void watch_twoStores_receiveEachOthersChanges() throws Exception {
    StateStore one = listening();
    BlockingQueue<SavedBreaker> heardByOther = new LinkedBlockingQueue<>();
    StateStore other = listening(heardByOther::add);
    SavedBreaker fromOne = SavedBreakers.open("one");
    SavedBreaker fromOther = SavedBreakers.open("other");

    one.save(List.of(fromOne));
    assertThat(heardByOther.poll(60, TimeUnit.SECONDS)).isEqualTo(fromOne);
    other.save(List.of(fromOther));
    assertThat(next()).isEqualTo(fromOther);
    assertThat(heard).isEmpty();
    assertThat(heardByOther).isEmpty();
  }

  @Test
  @DisplayName("repeated counts, rejected changes and unchanged breakers send no notice")
  void watch_whatIsNoChange_isNotReceived() throws Exception {
    StateStore store = listening();
    StateStore other = store();
    SavedBreaker breaker = SavedBreakers.open("b");
    other.save(List.of(breaker, SavedBreakers.closed("calm", 1, NOW)));
    assertThat(next()).isEqualTo(breaker);

    other.save(List.of(SavedBreakers.later(breaker, Duration.ofSeconds(1))));
    other.save(List.of(SavedBreakers.open("b", 9, Duration.ofSeconds(100))));
    store.save(List.of(SavedBreakers.open("own")));
    SavedBreaker last = SavedBreakers.open("last");
    other.save(List.of(last));

    assertThat(next()).isEqualTo(last);
  }

  @Test
  @DisplayName("changes saved between opening and listening are received, too")
  void watch_changeBeforeItListens_isReceived() throws Exception {
    StateStore store = store();
    SavedBreaker before = SavedBreakers.open("before");
    store().save(List.of(before));

    store.watch(heard::add);

    assertThat(next()).isEqualTo(before);
  }

  @Test
  void watch_changeOfAnotherSchema_isNotReceived() throws Exception {
    listening();
    try (StateStore elsewhere =
        new PostgresqlStateStoreProvider().open(PostgresServer.shared().newSchema())) {
      elsewhere.save(List.of(SavedBreakers.open("elsewhere")));
    }
    SavedBreaker here = SavedBreakers.open("here");
    store().save(List.of(here));

    assertThat(next()).isEqualTo(here);
  }

  @Test
  void watch_listenerThatThrows_receivesTheNext() throws Exception {
    listening(state -> {
      heard.add(state);
      throw new IllegalStateException("this listener is broken");
    });
    StateStore other = store();

    other.save(List.of(SavedBreakers.open("first")));
    assertThat(next().name()).isEqualTo("first");
    other.save(List.of(SavedBreakers.open("second")));
    assertThat(next().name()).isEqualTo("second");
  }

  @Test
  void watch_rubbishOnTheChannel_isIgnored() throws Exception {
    listening();
    for (String rubbish :
        List.of("", "rubbish", "no-uuid 5", "00000000-0000-0000-0000-000000000000 x")) {
      PostgresServer.execute(
          location,
          "DO $$ BEGIN PERFORM pg_notify(" + ChangeNotice.CHANNEL + ", '" + rubbish + "'); END $$");
    }
    SavedBreaker breaker = SavedBreakers.open("b");
    store().save(List.of(breaker));

    assertThat(next()).isEqualTo(breaker);
  }

  @Test
  @DisplayName("a lost connection is replaced, and changes saved in between are read")
  void watch_connectionWasEnded_missesNothing() throws Exception {
    RecordedLog log = RecordedLog.of(ChangeListener.class);
    try {
      listening();
      StateStore other = store();
      other.save(List.of(SavedBreakers.open("early")));
      assertThat(next().name()).isEqualTo("early");
      PostgresServer.execute(
          location,
          "DO $$ BEGIN PERFORM pg_terminate_backend(pid, 10000)"
              + " FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
              + " AND backend_type = 'client backend'; END $$");

      other.save(List.of(SavedBreakers.open("meanwhile")));
      SavedBreaker meanwhile = next();
      // Changes received shortly before may be delivered again.
      assertThat(meanwhile.name().equals("early") ? next().name() : meanwhile.name())
          .isEqualTo("meanwhile");
      other.save(List.of(SavedBreakers.open("afterwards")));
      SavedBreaker afterwards = next();
      assertThat(afterwards.name().equals("early") ? next().name() : afterwards.name())
          .isEqualTo("afterwards");
      Await.until("the end of the outage is reported", () -> log.messages().size() >= 2);
      assertThat(log.messages()).hasSize(2);
      assertThat(log.messages().get(0)).startsWith("WARNING").doesNotContain("battery");
      assertThat(log.messages().get(1)).startsWith("INFO");
    } finally {
      log.close();
    }
  }

  @Test
  @DisplayName("the heartbeat detects a dead connection")
  void watch_connectionHangs_missesNothing() throws Exception {
    RecordedLog log = RecordedLog.of(ChangeListener.class);
    location += "&socketTimeout=1";
    listening();
    String process = caughtUp("listener" + LISTENERS.get());
    PostgresServer.signal("STOP", process);
    try {
      SavedBreaker meanwhile = SavedBreakers.open("meanwhile");
      store().save(List.of(meanwhile));
      assertThat(next()).isEqualTo(meanwhile);
    } finally {
      PostgresServer.signal("CONT", process);
      log.close();
    }
  }

  /** What a part that the listener calls may throw, and what throws each of these once. */
  private final class Faults {
    private final Deque<Throwable> waiting = new ConcurrentLinkedDeque<>(List.of(
        new OutOfMemoryError("fault"),
        new StackOverflowError("fault"),
        new NoClassDefFoundError("fault"),
        new AssertionError("fault"),
        new IOException("fault"),
        new IllegalStateException("fault")));
    private final AtomicBoolean armed = new AtomicBoolean();

    void occur() {
      if (armed.get()) {
        Throwable next = waiting.poll();
        if (next != null) {
          throw Faults.<RuntimeException>sneaky(next);
        }
      }
    }

    @SuppressWarnings("unchecked") // that is the point
    private static <T extends Throwable> T sneaky(Throwable e) throws T {
      throw (T) e;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"listener", "clock", "report"})
  @DisplayName("the thread survives whatever is thrown, says so, and no change is lost")
  void watch_anythingIsThrown_survivesAndMissesNothing(String place) throws Exception {
    Faults faults = new Faults();
    BlockingQueue<Optional<Throwable>> outages = new LinkedBlockingQueue<>();
    RecordedLog log = RecordedLog.of(ChangeListener.class);
    try {
      InstantSource clock = () -> {
        if (place.equals("clock") && Thread.currentThread().getName().equals(THREAD)) {
          faults.occur();
        }
        return InstantSource.system().instant();
      };
      String application = "listener" + LISTENERS.incrementAndGet();
      PostgresqlStateStore store = PostgresqlStateStore.open(
          DatabaseLocation.parse(location + "&ApplicationName=" + application), clock);
      opened.push(store);
      store.watch(
          state -> {
            if (place.equals("listener")) {
              faults.occur();
            }
            heard.add(state);
          },
          outage -> {
            outages.add(Optional.ofNullable(outage));
            if (place.equals("report")) {
              faults.occur();
            }
          },
          new ChangeListener.Waits(10_000, TimeUnit.SECONDS.toNanos(10), 1));
      Await.until("it listens", () -> caughtUp(application) != null);
      faults.armed.set(true);
      StateStore other = store();
      if (place.equals("report")) {
        for (int i = 0; i < 3; i++) {
          String process = caughtUp(application);
          execute("DO $$ BEGIN PERFORM pg_terminate_backend(" + process + ", 10000); END $$");
          Await.until("it listens again", () -> {
            String next = caughtUp(application);
            return next != null && !next.equals(process);
          });
        }
      }
      SavedBreaker change = SavedBreakers.open("b");
      other.save(List.of(change));
      if (place.equals("listener")) {
        // The exception is the listener's answer to this change; the errors before it are not.
        Await.until("all faults have occurred", faults.waiting::isEmpty);
        other.save(List.of(SavedBreakers.open("c")));
        assertThat(next().name()).isEqualTo("c");
      } else {
        assertThat(next()).isEqualTo(change);
      }

      assertThat(faults.waiting).isEmpty();
      Await.until("the end is reported", () -> {
        Optional<Throwable> last = Optional.of(new Throwable("none yet"));
        for (Optional<Throwable> outage : outages) {
          last = outage;
        }
        return last.isEmpty();
      });
      assertThat(outages).anyMatch(Optional::isPresent);
      assertThat(log.messages().get(0)).startsWith("WARNING");
      if (place.equals("clock")) {
        assertThat(log.messages().get(0))
            .endsWith("; retries in the background: java.lang.OutOfMemoryError: fault");
      }
      assertThat(log.messages().get(log.messages().size() - 1)).startsWith("INFO");
    } finally {
      log.close();
    }
  }

  @Test
  @DisplayName("an error of the listener for one change does not keep the other changes from it")
  void watch_errorForOneChange_deliversTheOthers() throws Exception {
    AtomicBoolean broken = new AtomicBoolean(true);
    PostgresqlStateStore store = (PostgresqlStateStore) store();
    store()
        .save(List.of(SavedBreakers.open("a"), SavedBreakers.open("b"), SavedBreakers.open("c")));
    store.watch(
        state -> {
          if (state.name().equals("b") && broken.get()) {
            throw new NoClassDefFoundError("fault");
          }
          heard.add(state);
        },
        outage -> {},
        new ChangeListener.Waits(10_000, TimeUnit.SECONDS.toNanos(10), 1));

    assertThat(Set.of(next().name(), next().name())).containsExactlyInAnyOrder("a", "c");
    broken.set(false);
    Await.until("the change is delivered", () -> next().name().equals("b"));
  }

  @Test
  @DisplayName(
      "a listener without a silent moment reads only what is new when its connection is lost")
  void watch_steadyNotices_isReadFromTheLastMark() throws Exception {
    String application = "listener" + LISTENERS.incrementAndGet();
    PostgresqlStateStore store =
        (PostgresqlStateStore) store(location + "&ApplicationName=" + application);
    // No wait ends without a notice.
    store.watch(heard::add, outage -> {}, new ChangeListener.Waits(0, 0, 1));
    Await.until("it listens", () -> caughtUp(application) != null);
    StateStore other = store();
    for (int i = 0; i < 4; i++) {
      other.save(List.of(SavedBreakers.open("early" + i)));
      assertThat(next().name()).isEqualTo("early" + i);
    }
    Await.until("it waits", () -> caughtUp(application) != null);
    execute(
        "DO $$ BEGIN PERFORM pg_terminate_backend(" + caughtUp(application) + ", 10000); END $$");
    other.save(List.of(SavedBreakers.open("late")));

    // The rows that are read again come in any order, the notice after them.
    List<String> again = new ArrayList<>();
    for (String end : List.of("late", "last")) {
      Await.until("it listens again", () -> caughtUp(application) != null);
      other.save(List.of(SavedBreakers.open(end)));
      for (String name = next().name(); !name.equals(end); name = next().name()) {
        again.add(name);
      }
    }
    assertThat(again).doesNotContain("early0", "early1");
  }

  @Test
  @DisplayName(
      "a server that was restored from a backup counts transactions from an earlier number,"
          + " so everything is read")
  void watch_transactionsCountFromAnEarlierNumber_readsEverything() throws Exception {
    SavedBreaker before = SavedBreakers.open("before");
    store().save(List.of(before));
    try (ChangeListener listener = new ChangeListener(
        DatabaseLocation.parse(location),
        InstantSource.system(),
        UUID.randomUUID(),
        Long.MAX_VALUE,
        heard::add,
        outage -> {},
        ChangeListener.Waits.USUAL)) {
      listener.start();

      assertThat(next()).isEqualTo(before);
    }
  }

  @Test
  void watch_twiceOrAfterClosing_startsNoFurtherThread() throws Exception {
    StateStore store = store();
    store.watch(heard::add);
    store.watch(heard::add);
    assertThat(listeners()).isOne();
    StateStore closed = store();
    closed.close();
    closed.watch(heard::add);
    assertThat(listeners()).isOne();
  }

  @Test
  void close_endsTheThreadThatHasNothingOfTheApplications() throws Exception {
    StateStore store = listening();
    Thread thread = Thread.getAllStackTraces().keySet().stream()
        .filter(candidate -> candidate.getName().equals(THREAD))
        .findFirst()
        .orElseThrow();
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getContextClassLoader()).isNull();

    long begun = System.nanoTime();
    store.close();
    thread.join(TimeUnit.SECONDS.toMillis(60));

    assertThat(thread.isAlive()).isFalse();
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun))
        .as("without waiting for a heartbeat")
        .isLessThan(10);
  }
}
