package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A few keys of a keyed breaker have series, and the rest share one. */
class KeysTest {
  private final Shop shop = new Shop(2);
  private final KeyedCircuitBreaker keyed = shop.resilience.keyedCircuitBreaker(
      "tenants",
      KeyedCircuitBreakerConfig.of(
          CircuitBreakerConfig.builder().failureThreshold(3).build()));

  @AfterEach
  void close() {
    shop.close();
  }

  private void succeed(String key, int times) {
    CircuitBreaker breaker = keyed.forKey(key);
    for (int i = 0; i < times; i++) {
      breaker.call(() -> "x");
    }
  }

  private void fail(String key, int times) {
    for (int i = 0; i < times; i++) {
      Shop.fail(keyed.forKey(key));
    }
  }

  private List<String> states() {
    return shop.series("resilience_keyed_circuit_breaker_state");
  }

  private List<String> calls(String outcome) {
    return shop.series("resilience_keyed_circuit_breaker_calls_total").stream()
        .filter(line -> line.contains("outcome=\"" + outcome + "\""))
        .toList();
  }

  private static String call(String key, String outcome, int count) {
    return "{key=\"" + key + "\",name=\"tenants\",outcome=\"" + outcome + "\",runtime=\"shop\"} "
        + count + ".0";
  }

  @Test
  void fewerKeysThanSeries_haveOneEach() {
    succeed("a", 3);
    fail("b", 1);
    assertThat(calls("success"))
        .containsExactlyInAnyOrder(
            call("a", "success", 3), call("b", "success", 0), call("other", "success", 0));
    assertThat(calls("failure"))
        .containsExactlyInAnyOrder(
            call("a", "failure", 0), call("b", "failure", 1), call("other", "failure", 0));
  }

  @Test
  void keysInTrouble_comeFirst_thenThoseInUse() {
    succeed("busy", 100);
    succeed("idle", 1);
    fail("failing", 1);
    assertThat(states())
        .containsExactlyInAnyOrder(
            "{key=\"failing\",name=\"tenants\",runtime=\"shop\"} 0.0",
            "{key=\"busy\",name=\"tenants\",runtime=\"shop\"} 0.0");

    fail("down", 3);
    keyed.forKey("forced").forceOpen();
    assertThat(states())
        .containsExactlyInAnyOrder(
            "{key=\"down\",name=\"tenants\",runtime=\"shop\"} 1.0",
            "{key=\"forced\",name=\"tenants\",runtime=\"shop\"} 1.0");
    assertThat(shop.series("resilience_keyed_circuit_breaker_open_keys"))
        .containsExactly("{name=\"tenants\",runtime=\"shop\"} 2.0");
  }

  @Test
  void theRest_isOneSeries_thatNeverJumps() {
    succeed("a", 10);
    succeed("b", 20);
    succeed("c", 5);
    assertThat(calls("success"))
        .containsExactlyInAnyOrder(
            call("a", "success", 10), call("b", "success", 20), call("other", "success", 5));

    // c takes the place of a, whose calls were shown as its own, and stay so.
    fail("c", 1);
    succeed("c", 1);
    succeed("a", 2);
    assertThat(calls("success"))
        .containsExactlyInAnyOrder(
            call("b", "success", 20), call("c", "success", 6), call("other", "success", 8));

    succeed("c", 4);
    succeed("a", 1);
    succeed("b", 1);
    assertThat(calls("success"))
        .containsExactlyInAnyOrder(
            call("b", "success", 21), call("c", "success", 10), call("other", "success", 9));
  }

  @Test
  void aThousandKeys_giveAsManySeriesAsTwo() {
    for (int i = 0; i < 1000; i++) {
      succeed("key-" + i, 1);
    }
    assertThat(states()).hasSize(2);
    assertThat(calls("success")).hasSize(3).contains(call("other", "success", 998));
    assertThat(shop.series("resilience_keyed_circuit_breaker_keys"))
        .containsExactly("{name=\"tenants\",runtime=\"shop\"} 1000.0");
  }

  @Test
  void keysThatWent_stayInTheSum() {
    succeed("a", 3);
    succeed("b", 3);
    succeed("c", 3);
    shop.text();
    keyed.remove("c");
    keyed.remove("a");
    assertThat(calls("success"))
        .containsExactlyInAnyOrder(call("b", "success", 3), call("other", "success", 3));
  }
}
