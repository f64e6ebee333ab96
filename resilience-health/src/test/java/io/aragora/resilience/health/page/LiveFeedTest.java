package io.aragora.resilience.health.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LiveFeedTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Pattern NUMBER = Pattern.compile("\"number\":(\\d+)");

  private final ManualTime time = ManualTime.create();
  private final List<ResilienceContext> attached = new ArrayList<>();
  private final Resilience resilience = Resilience.builder()
      .name("shop")
      .timeSource(time)
      .property("resilience.chaos.enabled", "true")
      .extension(context -> {
        attached.add(context);
        return () -> {};
      })
      .build();
  private final BlockingQueue<String> recordings = new LinkedBlockingQueue<>();
  private final AtomicBoolean failsOnce = new AtomicBoolean();
  private final LiveFeed feed =
      new LiveFeed(new Context(), false, true, Duration.ofMillis(10), task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
      });
  private final BreakerControl control = new BreakerControl(resilience, time, feed);

  private final class Context implements ResilienceContext {
    @Override
    public Resilience resilience() {
      return resilience;
    }

    @Override
    public TimeSource timeSource() {
      return time;
    }

    @Override
    public Optional<String> property(String key) {
      return Optional.empty();
    }

    @Override
    public List<EndpointContribution> endpointContributions() {
      return List.of();
    }

    @Override
    public Subscription recordDurations(DurationRecorder recorder) {
      if (failsOnce.getAndSet(false)) {
        throw new IllegalStateException("injected");
      }
      Subscription recording = attached.get(0).recordDurations(recorder);
      recordings.add("begins");
      return () -> {
        recording.close();
        recordings.add("ends");
      };
    }
  }

  @AfterEach
  void close() {
    feed.close();
    resilience.close();
  }

  @Test
  void viewer_beforeTheFirstReading_getsTheTimelineThenBeats() throws Exception {
    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG)))
          .isEqualTo("event: timeline\ndata: {\"whole\":true,\"entries\":[]}\n\n");
      assertThat(text(viewer.next(Duration.ofMillis(1)))).isEqualTo("event: beat\ndata: {}\n\n");
    }
  }

  @Test
  void viewer_getsTheBoardAgainAndAgain() throws Exception {
    resilience.circuitBreaker("db");
    feed.start();
    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG))).startsWith("event: timeline\n");
      for (int i = 0; i < 3; i++) {
        assertThat(text(viewer.next(LONG)))
            .startsWith("event: board\ndata: {\"runtime\":\"shop\",")
            .contains("\"control\":true", "\"name\":\"db\"");
      }
    }
  }

  @Test
  void viewer_slow_getsTheLatestBoardOnly() throws Exception {
    feed.start();
    try (LiveFeed.Viewer slow = feed.open();
        LiveFeed.Viewer quick = feed.open()) {
      assertThat(text(slow.next(LONG))).startsWith("event: timeline\n");
      assertThat(text(quick.next(LONG))).startsWith("event: timeline\n");
      time.advance(Duration.ofSeconds(1));
      String last = "";
      while (!last.contains("\"at\":\"2026-01-01T00:00:01Z\"")) {
        last = text(quick.next(LONG));
      }
      time.advance(Duration.ofSeconds(1));
      while (!last.contains("\"at\":\"2026-01-01T00:00:02Z\"")) {
        last = text(quick.next(LONG));
      }

      assertThat(text(slow.next(LONG))).contains("\"at\":\"2026-01-01T00:00:02Z\"");
    }
  }

  @Test
  void viewer_whileOthersTell_missesNothingOrGetsTheWhole() throws Exception {
    int entries = 5_000;
    Thread teller = new Thread(() -> {
      for (int i = 0; i < entries; i++) {
        feed.tell(new JsonObject());
      }
    });
    try (LiveFeed.Viewer viewer = feed.open()) {
      teller.start();
      long last = 0;
      while (last < entries) {
        String event = text(viewer.next(LONG));
        assertThat(event).startsWith("event: timeline\n");
        List<Long> numbers = numbers(event);
        for (int i = 0; i < numbers.size(); i++) {
          boolean gap = i == 0 && event.contains("\"whole\":true");
          assertThat(numbers.get(i)).isGreaterThan(last);
          assertThat(gap || numbers.get(i) == last + 1).isTrue();
          last = numbers.get(i);
        }
      }
      assertThat(last).isEqualTo(entries);
    } finally {
      teller.join();
    }
  }

  @Test
  void board_withoutReaders_isNotKept() throws Exception {
    feed.start();
    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG))).startsWith("event: timeline\n");
      assertThat(text(viewer.next(LONG))).contains("\"at\":\"2026-01-01T00:00:00Z\"");
    }
    time.advance(Duration.ofSeconds(1));

    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG))).startsWith("event: timeline\n");
      assertThat(text(viewer.next(LONG))).contains("\"at\":\"2026-01-01T00:00:01Z\"");
    }
  }

  @Test
  void calls_areTimedWhileRead() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("db");
    feed.start();
    LiveFeed.Viewer one = feed.open();
    try (LiveFeed.Viewer other = feed.open()) {
      assertThat(text(other.next(LONG))).startsWith("event: timeline\n");
      assertThat(text(other.next(LONG))).contains("\"name\":\"db\"", "\"latency\":null");
      breaker.run(() -> time.advance(Duration.ofMillis(600)));
      String board = "";
      while (!board.contains("\"latency\":603.98,\"latency_most\":603.98")) {
        board = text(other.next(LONG));
      }
      one.close();
      resilience.circuitBreaker("another");
      while (!board.contains("\"name\":\"another\"")) {
        board = text(other.next(LONG));
      }
    }

    assertThat(List.of(recordings.take(), recordings.take(), recordings.take(), recordings.take()))
        .as("again for another breaker")
        .containsExactly("begins", "ends", "begins", "ends");
    try (LiveFeed.Viewer again = feed.open()) {
      assertThat(text(again.next(LONG))).startsWith("event: timeline\n");
      assertThat(recordings.take()).isEqualTo("begins");
      feed.close();
      assertThat(recordings.take()).isEqualTo("ends");
    }
    assertThat(recordings).isEmpty();
  }

  @Test
  void board_hasThePartsOfTheOtherClasses() throws Exception {
    resilience.bulkhead("pool", BulkheadConfig.of(2));
    feed.start();
    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG))).startsWith("event: timeline\n");
      String board = text(viewer.next(LONG));
      assertThat(board)
          .contains("\"bulkheads\":[{\"name\":\"pool\"", "\"chaos\":{\"active\":false");
      while (!board.contains("\"health\":\"healthy\"")) {
        time.runPending();
        board = text(viewer.next(LONG));
      }
    }
  }

  @Test
  void reading_fails_isCountedAndTheNextOneIsShown() throws Exception {
    resilience.circuitBreaker("db");
    failsOnce.set(true);
    assertThat(feed.failures()).isZero();
    assertThat(feed.hasFailedWithin(Long.MAX_VALUE)).isFalse();
    try (LiveFeed.Viewer viewer = feed.open()) {
      feed.start();
      assertThat(text(viewer.next(LONG))).startsWith("event: timeline\n");
      assertThat(text(viewer.next(LONG))).startsWith("event: board\n");
    }

    assertThat(feed.failures()).isEqualTo(1);
    assertThat(feed.hasFailedWithin(Long.MAX_VALUE)).isTrue();
    assertThat(feed.hasFailedWithin(0)).isFalse();
  }

  @Test
  void viewer_closedTwice_isCountedOnce() throws Exception {
    feed.start();
    LiveFeed.Viewer one = feed.open();
    try (LiveFeed.Viewer other = feed.open()) {
      assertThat(text(other.next(LONG))).startsWith("event: timeline\n");
      one.close();
      one.close();

      for (int i = 0; i < 3; i++) {
        assertThat(text(other.next(LONG))).startsWith("event: board\n");
      }
    }
  }

  @Test
  void close_endsViewers() throws Exception {
    feed.start();
    try (LiveFeed.Viewer viewer = feed.open()) {
      feed.close();

      assertThat(viewer.next(LONG)).isNull();
    }
  }

  @Test
  void control_isToldInTheTimeline() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker("db");

    assertThat(control.act(BreakerControl.Action.FORCE_OPEN, new Target("db", null), "me"))
        .isTrue();

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG)))
          .contains("{\"name\":\"db\",\"key\":null,\"at\":\"2026-01-01T00:00:00Z\","
              + "\"action\":\"force open\",\"number\":1}");
    }
  }

  @Test
  void control_eachAction_reachesTheBreakerThatItNames() {
    CircuitBreaker other = resilience.circuitBreaker("other");
    CircuitBreaker breaker = resilience.circuitBreaker("db");
    CircuitBreaker key = resilience
        .keyedCircuitBreaker(
            "tenants", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()))
        .forKey("acme");
    Target db = new Target("db", null);

    for (BreakerControl.Action closing :
        List.of(BreakerControl.Action.FORCE_CLOSED, BreakerControl.Action.RESET)) {
      assertThat(control.act(BreakerControl.Action.FORCE_OPEN, db, "me")).isTrue();
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
      assertThat(control.act(closing, db, "me")).isTrue();
      assertThat(breaker.state()).as(closing.text()).isEqualTo(CircuitBreakerState.CLOSED);
    }
    assertThat(control.act(BreakerControl.Action.FORCE_OPEN, new Target("tenants", "acme"), "me"))
        .isTrue();
    assertThat(key.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(control.act(BreakerControl.Action.FORCE_OPEN, new Target("tenants", "b"), "me"))
        .isFalse();
    assertThat(other.explain().cause()).isEqualTo(TransitionCause.CREATED);
  }

  @Test
  void control_action_isLoggedWithTheClient() {
    List<String> lines = new ArrayList<>();
    Logger log = Logger.getLogger(BreakerControl.class.getName());
    Handler recording = new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line.getLevel() + " " + new SimpleFormatter().formatMessage(line));
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    resilience.circuitBreaker("db");
    log.addHandler(recording);
    try {
      control.act(BreakerControl.Action.FORCE_OPEN, new Target("db", null), "10.0.0.9");
    } finally {
      log.removeHandler(recording);
    }

    assertThat(lines)
        .containsExactly("INFO operator at 10.0.0.9: force-open of breaker \"db\", runtime shop");
  }

  @Test
  void control_ofWhatIsNotThere_makesNothingAndTellsNothing() throws Exception {
    assertThat(control.act(BreakerControl.Action.RESET, new Target("db", null), "me"))
        .isFalse();
    assertThat(control.act(BreakerControl.Action.RESET, new Target("db", "key"), "me"))
        .isFalse();

    assertThat(resilience.policies().circuitBreakers()).isEmpty();
    try (LiveFeed.Viewer viewer = feed.open()) {
      assertThat(text(viewer.next(LONG))).contains("\"entries\":[]");
    }
  }

  @Test
  void control_ofAKeyWithoutRoom_doesNotTouchTheBreakerOfOthers() {
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "tenants",
        KeyedCircuitBreakerConfig.builder()
            .breaker(CircuitBreakerConfig.defaults())
            .maxKeys(1)
            .build());
    tenants.forKey("a");

    assertThat(control.act(BreakerControl.Action.FORCE_OPEN, new Target("tenants", "b"), "me"))
        .isFalse();
    assertThat(tenants.overflow().state()).isEqualTo(CircuitBreakerState.CLOSED);

    Target overflow = new Target("tenants", BreakerControl.OVERFLOW);
    assertThat(control.act(BreakerControl.Action.FORCE_OPEN, overflow, "me")).isTrue();
    assertThat(tenants.overflow().state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
  }

  private static List<Long> numbers(String event) {
    List<Long> numbers = new ArrayList<>();
    for (Matcher number = NUMBER.matcher(event); number.find(); ) {
      numbers.add(Long.valueOf(number.group(1)));
    }
    return numbers;
  }

  private static String text(byte[] event) {
    return new String(event, UTF_8);
  }
}
