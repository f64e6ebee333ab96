package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BreakerRowsTest {
  private static final Pattern ROW =
      Pattern.compile("\\{\"name\":\"([^\"]+)\",\"key\":(null|\"[^\"]+\"),\"state\"");

  private final ManualTime time = ManualTime.create();
  private final List<ResilienceContext> attached = new ArrayList<>();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .extension(context -> {
        attached.add(context);
        return () -> {};
      })
      .build();
  private final TransitionWatch watch = new TransitionWatch(resilience, entry -> {});
  private final Latencies latencies = new Latencies(attached.get(0));
  private final BreakerRows rows = new BreakerRows(resilience, watch, latencies);

  @AfterEach
  void close() {
    latencies.close();
    watch.close();
    resilience.close();
  }

  @Test
  void order_troubleFirstThenByName() {
    resilience.circuitBreaker("b");
    resilience.circuitBreaker("a");
    resilience.circuitBreaker("disabled").disable();
    resilience.circuitBreaker("metrics").metricsOnly();
    resilience.circuitBreaker("forced").forceOpen();
    trip(resilience.circuitBreaker("half", config(5)));
    time.advance(Duration.ofSeconds(5));
    trip(resilience.circuitBreaker("open", config(30)));

    String board = read();

    assertThat(shown(board))
        .containsExactly("open", "half", "forced", "metrics", "disabled", "a", "b");
    assertThat(board)
        .contains("\"states\":{\"closed\":2,\"open\":1,\"half_open\":1,\"forced_open\":1,"
            + "\"metrics_only\":1,\"disabled\":1}");
  }

  @Test
  void row_cooldownCauseAndEvidence() {
    trip(resilience.circuitBreaker("open", config(30)));
    time.advance(Duration.ofSeconds(12));

    assertThat(read())
        .contains(
            "\"state\":\"open\",\"cause\":\"failure threshold\",\"since\":\"2026-01-01T00:00:00Z\"")
        .contains("\"cooldown\":30000,\"remaining\":18000")
        .contains("\"evidence\":{\"calls\":5,\"failures\":5,\"slow\":0,\"consecutive\":5}");
  }

  @Test
  void rates_areOfTheRuntimesTime() {
    CircuitBreaker breaker = resilience.circuitBreaker("a");
    assertThat(read())
        .contains("\"calls_rate\":null,\"failures_rate\":null,\"rejected_rate\":null");
    for (int i = 0; i < 8; i++) {
      breaker.recordSuccess(breaker.acquirePermit());
    }
    breaker.forceOpen();
    for (int i = 0; i < 6; i++) {
      assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    }
    time.advance(Duration.ofSeconds(2));

    assertThat(read()).contains("\"calls_rate\":4.0,\"failures_rate\":0.0,\"rejected_rate\":3.0");
  }

  @Test
  void latency_isOfTheCallsSinceTheLastReading() {
    CircuitBreaker breaker = resilience.circuitBreaker("a");
    call(breaker, 40); // no viewer yet
    read();
    for (int i = 0; i < 18; i++) {
      call(breaker, 10);
    }
    call(breaker, 200);
    assertThatThrownBy(() -> breaker.run(() -> {
          time.advance(Duration.ofMillis(200));
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);

    assertThat(read()).contains("\"latency\":9.437,\"latency_most\":184.549");
    time.advance(Duration.ofSeconds(1));
    assertThat(read()).contains("\"latency\":null,\"latency_most\":null");
  }

  @Test
  void latency_ofKeys_isThatOfTheirKeyedBreaker() {
    KeyedCircuitBreaker tenants = keyed(10);
    CircuitBreaker one = tenants.forKey("one");
    read();
    call(one, 600);
    call(tenants.forKey("made since"), 600);

    String board = read();

    assertThat(board).contains("\"overflows\":0,\"latency\":603.98,\"latency_most\":603.98}");
    assertThat(board.split("\"latency\"", -1)).as("nowhere else").hasSize(2);
  }

  @Test
  void latency_onlyOfWhatIsShown_andWhileItIsLookedAt() {
    for (int i = 0; i < BreakerRows.MOST; i++) {
      resilience.circuitBreaker("breaker " + i);
    }
    CircuitBreaker last = resilience.circuitBreaker("z");
    read();
    call(last, 600);
    last.forceOpen(); // shown from now on
    assertThat(read()).contains("\"latency\":null").doesNotContain("\"latency\":6");
    last.reset();
    last.metricsOnly();
    read();
    call(last, 600);
    assertThat(read()).containsOnlyOnce("\"latency\":603.98");

    latencies.close();
    call(last, 600);
    read();
    time.advance(Duration.ofSeconds(1));
    assertThat(read()).doesNotContain("\"latency\":6");
  }

  @Test
  void many_theWorstAreShownAndTheRestIsCounted() {
    for (int i = 0; i < BreakerRows.MOST + 50; i++) {
      resilience.circuitBreaker("breaker " + i);
    }
    resilience.circuitBreaker("z").forceOpen();

    String board = read();

    assertThat(shown(board)).hasSize(BreakerRows.MOST).startsWith("z");
    assertThat(board).contains("\"hidden\":51");
  }

  @Test
  void keys_theWorstOfEachFamily() {
    KeyedCircuitBreaker tenants = keyed(1_000);
    for (int i = 0; i < 100; i++) {
      tenants.forKey("key " + i);
    }
    tenants.forKey("key 77").forceOpen();

    String board = read();

    assertThat(shown(board)).hasSize(BreakerRows.MOST_KEYS).startsWith("tenants \"key 77\"");
    assertThat(board)
        .contains("\"states\":{\"closed\":99,\"forced_open\":1}", "\"hidden\":80")
        .contains("\"families\":[{\"name\":\"tenants\",\"keys\":100,\"shown\":20,"
            + "\"evictions\":0,\"overflows\":0,\"latency\":null,\"latency_most\":null}]");
  }

  @Test
  void keys_manyInTrouble_allOfThemBeforeAnyThatIsClosed() {
    KeyedCircuitBreaker tenants = keyed(1_000);
    for (int i = 0; i < 60; i++) {
      tenants.forKey("key " + i);
      if (i < 30) {
        tenants.forKey("key " + i).forceOpen();
      }
    }
    resilience.circuitBreaker("closed");

    List<String> shown = shown(read());

    assertThat(shown).hasSize(31).endsWith("closed");
    assertThat(shown.subList(0, 30)).allMatch(name -> tenants.state(key(name)).code() == 1);
  }

  @Test
  void keys_moreThanAreLookedThrough_thoseThatAreKnownToHaveChanged() {
    KeyedCircuitBreaker tenants = keyed(20_000);
    watch.look();
    for (int i = 0; i <= BreakerRows.MOST_READ; i++) {
      tenants.forKey("key " + i);
    }
    tenants.forKey("key 4").forceOpen();
    tenants.forKey("key 5").forceOpen();
    tenants.forKey("key 5").reset();
    time.runPending();

    String board = read();

    assertThat(shown(board)).containsExactly("tenants \"key 4\"");
    assertThat(board)
        .contains("\"states\":{\"closed\":10000,\"forced_open\":1}", "\"hidden\":10000");
  }

  @Test
  void keys_withoutRoom_theBreakerTheyShareIsShown() {
    KeyedCircuitBreaker tenants = keyed(2);
    for (String key : List.of("a", "b", "c")) {
      tenants.forKey(key).forceOpen();
    }

    assertThat(shown(read()))
        .containsExactly("tenants \"*overflow*\"", "tenants \"a\"", "tenants \"b\"");
    assertThat(tenants.overflows()).isEqualTo(1);
  }

  @Test
  void reading_changesNothing() {
    trip(resilience.circuitBreaker("open", config(30)));
    time.advance(Duration.ofSeconds(30));
    long transitions = resilience.circuitBreaker("open").snapshot().transitions();

    assertThat(read()).contains("\"state\":\"half_open\"");

    assertThat(resilience.circuitBreaker("open").snapshot().transitions()).isEqualTo(transitions);
    assertThat(resilience.policies().circuitBreakers()).hasSize(1);
  }

  private static String key(String shown) {
    return shown.substring("tenants \"".length(), shown.length() - 1);
  }

  private KeyedCircuitBreaker keyed(int most) {
    return resilience.keyedCircuitBreaker(
        "tenants",
        KeyedCircuitBreakerConfig.builder()
            .breaker(CircuitBreakerConfig.defaults())
            .maxKeys(most)
            .build());
  }

  private static CircuitBreakerConfig config(int cooldownSeconds) {
    return CircuitBreakerConfig.builder()
        .failureThreshold(5)
        .cooldown(Duration.ofSeconds(cooldownSeconds))
        .build();
  }

  private static void trip(CircuitBreaker breaker) {
    for (int i = 0; i < 5; i++) {
      breaker.recordFailure(breaker.acquirePermit(), null);
    }
  }

  private void call(CircuitBreaker breaker, int millis) {
    breaker.run(() -> time.advance(Duration.ofMillis(millis)));
  }

  private String read() {
    JsonObject board = new JsonObject();
    rows.addTo(board, time.nanoTime());
    return board.toString();
  }

  private static List<String> shown(String board) {
    List<String> shown = new ArrayList<>();
    for (Matcher row = ROW.matcher(board); row.find(); ) {
      shown.add(row.group(1) + (row.group(2).equals("null") ? "" : " " + row.group(2)));
    }
    return shown;
  }
}
