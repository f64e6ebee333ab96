package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Injection;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.Timespan;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecordingTest {
  private static final String PREFIX = "io.aragora.resilience.";
  private static final List<String> KINDS = List.of(
      "CircuitBreakerTransition",
      "CallRejection",
      "Retry",
      "Timeout",
      "Admission",
      "ConcurrencyLimit",
      "Hedge",
      "Injection",
      "Coalescing",
      "StoreFailure");

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().name("shop").timeSource(time).build();

  @TempDir
  Path folder;

  @BeforeAll
  static void initialize() {
    ReadyRecorder.await();
  }

  @AfterEach
  void closeRuntime() {
    resilience.close();
  }

  private interface Happening {
    void happen() throws Exception;
  }

  /** Records one kind of event and none of the JDK's own. */
  private List<RecordedEvent> record(String event, Happening happening) throws Exception {
    Path file = folder.resolve("recording.jfr");
    try (Recording recording = new Recording()) {
      KINDS.forEach(kind -> recording.disable(PREFIX + kind));
      recording.enable(PREFIX + event);
      recording.start();
      happening.happen();
      recording.stop();
      recording.dump(file);
    }
    return ours(file);
  }

  private static List<RecordedEvent> ours(Path file) throws IOException {
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith(PREFIX))
        .toList();
  }

  private CircuitBreaker opensAtOnce(String name) {
    return resilience.circuitBreaker(
        name,
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .successThreshold(1)
            .cooldown(Duration.ofSeconds(30))
            .build());
  }

  private static void fail(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  @Test
  void transitions_areRecordedOnceEach_withTheirCause() throws Exception {
    CircuitBreaker breaker = opensAtOnce("prices");
    List<RecordedEvent> events = record("CircuitBreakerTransition", () -> {
      fail(breaker);
      time.advance(Duration.ofSeconds(30));
      breaker.recordSuccess(breaker.acquirePermit());
      breaker.reconfigure(breaker.config());
      breaker.reset();
    });
    assertThat(events)
        .extracting(event ->
            event.getString("from") + " " + event.getString("to") + " " + event.getString("cause"))
        .containsExactly(
            "closed open FAILURE_THRESHOLD",
            "open half_open COOLDOWN_ELAPSED",
            "half_open closed PROBES_SUCCEEDED",
            "closed closed MANUAL");
    assertThat(events)
        .extracting(event -> event.getLong("sequence"))
        .containsExactly(1L, 2L, 3L, 4L);
    assertThat(events)
        .extracting(event -> event.getLong("generation"))
        .containsExactly(2L, 3L, 4L, 5L);
    RecordedEvent opened = events.get(0);
    assertThat(opened.getString("runtime")).isEqualTo("shop");
    assertThat(opened.getString("breaker")).isEqualTo("prices");
    assertThat(opened.getDuration("cooldown")).isEqualTo(Duration.ofSeconds(30));
    assertThat(opened.getThread().getJavaName())
        .isEqualTo(Thread.currentThread().getName());
    assertThat(opened.getStackTrace()).as("off unless the settings ask for it").isNull();
  }

  @Test
  void rejections_areRecorded_withWhatIsLeftOfTheCooldown() throws Exception {
    CircuitBreaker breaker = opensAtOnce("prices");
    fail(breaker);
    time.advance(Duration.ofSeconds(10));
    List<RecordedEvent> events = record("CallRejection", () -> {
      assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
      assertThat(breaker.tryCall(() -> "x").isRejected()).isTrue();
    });
    assertThat(events).hasSize(2).allSatisfy(event -> {
      assertThat(event.getString("runtime")).isEqualTo("shop");
      assertThat(event.getString("breaker")).isEqualTo("prices");
      assertThat(event.getString("state")).isEqualTo("open");
      assertThat(event.getString("cause")).isEqualTo("FAILURE_THRESHOLD");
      assertThat(event.getLong("generation")).isEqualTo(2);
      assertThat(event.getDuration("remainingCooldown")).isEqualTo(Duration.ofSeconds(20));
    });
  }

  @Test
  void aKey_isRecordedByTheNameOfItsBreaker() throws Exception {
    CircuitBreaker breaker = resilience
        .keyedCircuitBreaker(
            "tenants", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()))
        .forKey("a\"b\n<\u00e9\uD83D\uDE00>");
    List<RecordedEvent> events = record("CircuitBreakerTransition", breaker::forceOpen);
    assertThat(events)
        .extracting(event -> event.getString("breaker"))
        .containsExactly("tenants:a\"b\n<\u00e9\uD83D\uDE00>");
  }

  @Test
  void retries_areRecorded_withDelayAndEnd() throws Exception {
    time.autoAdvance(true);
    RetryConfig config = RetryConfig.builder()
        .maxAttempts(2)
        .backoff(Backoff.constant(Duration.ofMillis(250)).withJitter(Jitter.NONE))
        .build();
    List<RecordedEvent> events = record(
        "Retry",
        () -> assertThatThrownBy(() -> resilience.retry("orders", config).run(() -> {
              throw new IOException("down");
            }))
            .isInstanceOf(IOException.class));
    assertThat(events)
        .extracting(event -> event.getString("decision"))
        .containsExactly("RETRY", "EXHAUSTED");
    assertThat(events).extracting(event -> event.getInt("attempt")).containsExactly(1, 2);
    assertThat(events).extracting(event -> event.getLong("call")).containsExactly(1L, 1L);
    RecordedEvent retried = events.get(0);
    assertThat(retried.getString("runtime")).isEqualTo("shop");
    assertThat(retried.getString("retry")).isEqualTo("orders");
    assertThat(retried.getDuration("delay")).isEqualTo(Duration.ofMillis(250));
    assertThat(retried.getString("failure")).isEqualTo("java.io.IOException");
  }

  @Test
  void timeouts_areRecorded() throws Exception {
    Timeout timeout = resilience.timeout("mail", Duration.ofSeconds(2));
    List<RecordedEvent> events = record("Timeout", () -> {
      CompletableFuture<String> call = timeout.callAsync(CompletableFuture::new);
      time.advance(Duration.ofSeconds(3));
      assertThat(call).isCompletedExceptionally();
    });
    assertThat(events).singleElement().satisfies(event -> {
      assertThat(event.getString("runtime")).isEqualTo("shop");
      assertThat(event.getString("timeout")).isEqualTo("mail");
      assertThat(event.getString("kind")).isEqualTo("FIRED");
      assertThat(event.getDuration("limit")).isEqualTo(Duration.ofSeconds(2));
    });
  }

  @Test
  void admissions_areRecorded() throws Exception {
    List<RecordedEvent> events = record("Admission", () -> {
      assertThat(FlightRecording.recordsAdmissions()).isTrue();
      FlightRecording.admission("shop", "bulkhead", "db", "ADMITTED_AFTER_WAIT", 150_000_000, 0);
      FlightRecording.admission("shop", "ratelimiter", "github", "PAUSED", 0, 30_000_000_000L);
    });
    assertThat(events)
        .extracting(event -> event.getString("kind") + " " + event.getString("policy") + " "
            + event.getString("decision") + " " + event.getDuration("waited") + " "
            + event.getDuration("retryAfter"))
        .containsExactly(
            "bulkhead db ADMITTED_AFTER_WAIT PT0.15S PT0S", "ratelimiter github PAUSED PT0S PT30S");
    assertThat(events)
        .allSatisfy(event -> assertThat(event.getString("runtime")).isEqualTo("shop"));
  }

  @Test
  @Tag("CL-22")
  void changesOfAConcurrencyLimit_areRecorded() throws Exception {
    ConcurrencyLimit api = resilience.concurrencyLimit("api", c -> c.minimumSamples(10));
    List<RecordedEvent> events = record("ConcurrencyLimit", () -> {
      for (int call = 0; call < 10; call++) {
        api.recordDrop(api.tryAcquirePermit());
      }
      time.advance(Duration.ofMillis(1_003));
    });
    assertThat(events).singleElement().satisfies(event -> {
      assertThat(event.getString("runtime")).isEqualTo("shop");
      assertThat(event.getString("policy")).isEqualTo("api");
      assertThat(event.getString("rule")).isEqualTo("DROPS");
      assertThat(event.getInt("from")).isEqualTo(20);
      assertThat(event.getInt("to")).isEqualTo(18);
      assertThat(event.getLong("drops")).isEqualTo(10);
    });
  }

  @Test
  void rejectionsOfARateLimiter_areRecorded() throws Exception {
    RateLimiter limiter = resilience.rateLimiter(
        "github", RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).burst(1).build());
    List<RecordedEvent> events = record("Admission", () -> {
      assertThat(limiter.tryAcquire()).isTrue();
      assertThat(limiter.tryAcquire()).isFalse();
      assertThatThrownBy(() -> limiter.run(() -> {}))
          .isInstanceOf(RateLimitExceededException.class);
    });
    assertThat(events).hasSize(2).allSatisfy(event -> {
      assertThat(event.getString("runtime")).isEqualTo("shop");
      assertThat(event.getString("kind")).isEqualTo("ratelimiter");
      assertThat(event.getString("policy")).isEqualTo("github");
      assertThat(event.getString("decision")).isEqualTo("LIMIT");
      assertThat(event.getDuration("retryAfter")).isEqualTo(Duration.ofMillis(100));
    });
  }

  @Test
  @Tag("CA-19")
  void coalescers_areRecorded() throws Exception {
    Coalescer<String, String> prices = resilience.coalescer(
        "prices",
        c -> c.staleIfError(ResultCache.of(new ConcurrentHashMap<>()), Duration.ofMinutes(1)));
    List<RecordedEvent> events = record("Coalescing", () -> {
      prices.call("apples", () -> "1.20");
      time.advance(Duration.ofSeconds(30));
      prices.call("apples", () -> {
        throw new IllegalStateException("down");
      });
      CompletableFuture<String> leader = prices.callAsync("apples", CompletableFuture::new);
      prices.callAsync("apples", CompletableFuture::new);
      time.advance(Duration.ofSeconds(1));
      leader.cancel(true);
    });
    assertThat(events)
        .extracting(event -> event.getString("runtime") + " " + event.getString("coalescer") + " "
            + event.getString("kind") + " " + event.getDuration("age"))
        .containsExactly("shop prices STALE PT30S", "shop prices HANDED_OVER PT1S");
  }

  @Test
  void hedges_areRecorded() throws Exception {
    Hedge hedge = resilience.hedge("search", c -> c.delay(Duration.ofMillis(50)));
    List<RecordedEvent> events = record("Hedge", () -> {
      CompletableFuture<String> call =
          hedge.callAsync(() -> CallContext.current().isHedge()
              ? CompletableFuture.completedFuture("b")
              : new CompletableFuture<>());
      time.advance(Duration.ofMillis(60));
      assertThat(call).isCompletedWithValue("b");
    });
    assertThat(events)
        .extracting(event -> event.getString("runtime") + " " + event.getString("hedge") + " "
            + event.getString("kind") + " " + event.getInt("number"))
        .containsExactly("shop search HEDGED 1", "shop search WON 1");
    assertThat(events.get(0).getDuration("elapsed"))
        .isBetween(Duration.ofMillis(50), Duration.ofMillis(53));
  }

  @Test
  @Tag("CH-17")
  void injections_areRecorded() throws Exception {
    List<RecordedEvent> events = record("Injection", () -> {
      FlightRecording.injection("shop", "payments", Injection.FAIL, 0);
      FlightRecording.injection("shop", "payments", Injection.DELAY, 2_000_000);
    });
    assertThat(events)
        .extracting(event -> event.getString("runtime") + " " + event.getString("chaos") + " "
            + event.getString("kind") + " " + event.getDuration("delay"))
        .containsExactly("shop payments FAIL PT0S", "shop payments DELAY PT0.002S");
  }

  @Test
  void failuresOfTheStore_areRecorded() throws Exception {
    List<RecordedEvent> events = record("StoreFailure", () -> {
      FlightRecording.storeFailure(
          "shop", "sqlite:a.db", "save", new StateStoreException("disk full", null));
      FlightRecording.storeFailure("shop", "sqlite:a.db", "open", new IllegalStateException());
    });
    assertThat(events)
        .extracting(event -> event.getString("operation") + ": " + event.getString("failure") + ": "
            + event.getString("message"))
        .containsExactly(
            "save: io.aragora.resilience.persistence.StateStoreException: disk full",
            "open: java.lang.IllegalStateException: ");
    assertThat(events.get(0).getString("runtime")).isEqualTo("shop");
    assertThat(events.get(0).getString("location")).isEqualTo("sqlite:a.db");
  }

  @Test
  void aStoreThatFails_isRecordedByItsRuntime_eachTime() throws Exception {
    DiskFull store = new DiskFull();
    List<RecordedEvent> events = record("StoreFailure", () -> {
      try (Resilience shop = Resilience.builder()
          .name("shop with a store")
          .timeSource(time)
          .stateStore(store)
          .build()) {
        shop.circuitBreaker("prices").forceOpen();
        for (int tries = 1; store.tries < 3; tries++) {
          assertThat(tries).as("a change is saved within minutes").isLessThan(100);
          time.advance(Duration.ofSeconds(5));
        }
        store.full = false;
        time.advance(Duration.ofMinutes(1));
        assertThat(shop.status().stateStore().lastError()).isNull();
        assertThat(shop.status().stateStore().failures()).isEqualTo(3);
      }
    });
    assertThat(events).hasSize(3).allSatisfy(event -> {
      assertThat(event.getString("runtime")).isEqualTo("shop with a store");
      assertThat(event.getString("location")).isEqualTo("DiskFull");
      assertThat(event.getString("operation")).isEqualTo("save");
      assertThat(event.getString("failure")).isEqualTo(StateStoreException.class.getName());
      assertThat(event.getString("message")).isEqualTo("disk full");
    });
  }

  /**
   * Only one thread at a time saves to it, that of the test, since its time stands still otherwise.
   */
  private static final class DiskFull implements StateStore {
    boolean full = true;
    int tries;

    @Override
    public Loaded load() {
      return Loaded.of(List.of(), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) throws StateStoreException {
      if (full) {
        tries++;
        throw new StateStoreException("disk full", null);
      }
      return states.size();
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      return 0;
    }

    @Override
    public void close() {}
  }

  @Test
  void aQuotaStoreThatFails_isRecorded() throws Exception {
    MemoryQuotaStore store = MemoryQuotaStore.create(time);
    store.fail(true);
    List<RecordedEvent> events = record("StoreFailure", () -> {
      try (Resilience shop = Resilience.builder()
          .name("shop with a quota")
          .timeSource(time)
          .quotaStore(store)
          .build()) {
        RateLimiter limiter = shop.rateLimiter(
            "api", RateLimiterConfig.smooth(100, Duration.ofSeconds(1)).shared().build());
        limiter.tryAcquire();
        time.advance(Duration.ofSeconds(5));
      }
    });
    assertThat(events).isNotEmpty().allSatisfy(event -> {
      assertThat(event.getString("runtime")).isEqualTo("shop with a quota");
      assertThat(event.getString("operation")).isEqualTo("lease");
      assertThat(event.getString("message")).contains("out of order");
    });
  }

  @Test
  void whatIsNotAskedFor_isNotRecorded() throws Exception {
    CircuitBreaker breaker = opensAtOnce("prices");
    List<RecordedEvent> events = record("StoreFailure", () -> {
      fail(breaker);
      assertThat(FlightRecording.recordsRejections()).isFalse();
      assertThat(FlightRecording.recordsAdmissions()).isFalse();
      assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    });
    assertThat(events).isEmpty();
  }

  @Test
  void everyEvent_isRegisteredOnce_withCategoryAndLabels() throws Exception {
    record("StoreFailure", this::loadAll);
    List<EventType> types = FlightRecorder.getFlightRecorder().getEventTypes().stream()
        .filter(type -> type.getName().startsWith(PREFIX))
        .toList();
    assertThat(types)
        .extracting(type -> type.getName().substring(PREFIX.length()))
        .containsExactlyInAnyOrderElementsOf(KINDS);
    assertThat(types).allSatisfy(type -> {
      assertThat(type.getCategoryNames()).containsExactly("Resilience");
      assertThat(type.getLabel()).isNotBlank();
      assertThat(type.getDescription()).isNotBlank();
      assertThat(own(type))
          .isNotEmpty()
          .allSatisfy(field -> assertThat(field.getLabel()).as(field.getName()).isNotBlank());
    });
    assertThat(types)
        .flatExtracting(FlightRecordingTest::own)
        .filteredOn((Predicate<ValueDescriptor>) field -> List.of(
                "cooldown",
                "remainingCooldown",
                "delay",
                "limit",
                "waited",
                "retryAfter",
                "recent",
                "base",
                "elapsed")
            .contains(field.getName()))
        .hasSize(10)
        .allSatisfy(field ->
            assertThat(field.getAnnotation(Timespan.class).value()).isEqualTo("NANOSECONDS"));
  }

  private void loadAll() {
    fail(opensAtOnce("loads"));
    assertThat(resilience.circuitBreaker("loads").tryAcquirePermit())
        .isEqualTo(CircuitBreaker.REJECTED);
    FlightRecording.storeFailure("shop", "a", "save", new IllegalStateException());
    FlightRecording.retry("shop", "r", RetryEvent.Kind.RETRY, 1, 1, null, 1);
    FlightRecording.timeout("shop", "t", TimeoutEvent.Kind.LATE, 1);
    FlightRecording.admission("shop", "bulkhead", "k", "FULL", 1, 1);
    FlightRecording.limitChange(
        "shop", "c", ConcurrencyLimitExplanation.builder().build());
    FlightRecording.hedge("shop", "h", HedgeEvent.Kind.WON, 1, 1);
    FlightRecording.injection("shop", "x", Injection.DELAY, 1);
  }

  private static List<ValueDescriptor> own(EventType type) {
    return type.getFields().stream()
        .filter(field -> !List.of("startTime", "duration", "eventThread", "stackTrace")
            .contains(field.getName()))
        .toList();
  }

  @Test
  @DisplayName("the recipe of docs/flight-recorder.md: jfr print shows the category")
  void jfrPrint_showsTheCategory() throws Exception {
    Path tool = Path.of(System.getProperty("java.home"), "bin", "jfr");
    assumeThat(tool).as("this JDK has the tool").isExecutable();
    CircuitBreaker breaker = opensAtOnce("pri\"ces\n2");
    record("CircuitBreakerTransition", () -> fail(breaker));

    EndedProcess printed = EndedProcess.of(
        List.of(
            tool.toString(),
            "print",
            "--categories",
            "Resilience",
            folder.resolve("recording.jfr").toString()),
        folder);

    assertThat(printed.exit()).as(printed.output()).isZero();
    assertThat(printed.output())
        .contains(PREFIX + "CircuitBreakerTransition {", "cooldown = 30", "to = \"open\"")
        .contains("breaker = \"pri");
    assertThat(Files.readString(Path.of("").toAbsolutePath().resolve("../docs/flight-recorder.md")))
        .contains("jfr print --categories Resilience");
  }
}
