package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.RuntimeStatus;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.spi.Readings;
import java.lang.reflect.Proxy;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows of policies that are no breakers, from numbers that the test writes as a runtime would. */
class OtherPoliciesTest {
  @Test
  void policies_ofSeveralKinds_haveAListEachAndTheirNumber() {
    assertThat(board(numbers -> {
          numbers.policy("retry", "http");
          numbers.count("retries", Readings.NONE, 4);
          numbers.count("calls", "success", 9);
          numbers.count("attempts.1", "failure", 7);
          numbers.policy("bulkhead", "pool");
          numbers.level("in_use", 2);
          numbers.policy("retry", "sql");
          numbers.policy("later", "kind");
        }))
        .isEqualTo(
            "{\"retries\":[{\"name\":\"http\",\"retries\":4,\"success\":9},{\"name\":\"sql\"}],"
                + "\"retries_count\":2,\"bulkheads\":[{\"name\":\"pool\",\"in_use\":2.0}],\"bulkheads_count\":1,"
                + "\"later\":[{\"name\":\"kind\"}],\"later_count\":1}");
  }

  @Test
  void calls_ofSeveralPriorities_areSummed() {
    assertThat(board(numbers -> {
          numbers.policy("concurrencylimit", "prices");
          numbers.count("calls.critical", "admitted", 2);
          numbers.count("calls.normal", "admitted", 3);
        }))
        .contains("\"admitted\":5}");
  }

  @Test
  void numbers_beforeTheFirstPolicy_areNotShown() {
    assertThat(board(numbers -> {
          numbers.count("calls", "success", 1);
          numbers.level("waiting", 1);
        }))
        .isEqualTo("{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exhausted",
        "out_of_time",
        "out_of_budget",
        "backoff_stopped",
        "stood_down",
        "rejected",
        "rejected_full",
        "rejected_by_a_later_release",
        "fired",
        "late",
        "stale",
        "failed"
      })
  void policies_inTrouble_comeFirst(String outcome) {
    assertThat(board(numbers -> {
          numbers.policy("timeout", "c");
          numbers.count("calls", "in_time", 1_000);
          numbers.policy("timeout", "b");
          numbers.policy("timeout", "y");
          numbers.count("calls", outcome, 2);
          numbers.policy("timeout", "z");
          numbers.count("calls", outcome, 3);
        }))
        .matches(".*\"z\".*\"y\".*\"b\".*\"c\".*");
  }

  @Test
  void policies_moreThanAreShown_areCounted() {
    String board = board(numbers -> {
      for (int i = 0; i <= OtherPolicies.MOST; i++) {
        numbers.policy("hedge", "hedge " + i);
      }
    });

    assertThat(board.split("\"name\"", -1)).hasSize(OtherPolicies.MOST + 1);
    assertThat(board).contains("\"hedges_count\":" + (OtherPolicies.MOST + 1));
  }

  @Test
  void kinds_withARowOfTheirOwn_areNotRead() {
    assertThat(board(numbers -> {
          assertThat(numbers.wants("circuitbreaker")).isFalse();
          assertThat(numbers.wants("keyedcircuitbreaker")).isFalse();
          assertThat(numbers.wants("keyedratelimiter")).isTrue();
          assertThat(numbers.wants("fallback")).isTrue();
        }))
        .isEqualTo("{}");
  }

  @Test
  void store_withoutItsLocationAndItsError() {
    StateStoreStatus failing = StateStoreStatus.builder("/srv/state.db")
        .pending(3)
        .saved(8)
        .failures(2)
        .lastError("disk is full")
        .build();

    assertThat(board(numbers -> {}, failing))
        .isEqualTo("{\"store\":{\"pending\":3,\"saved\":8,\"failures\":2,\"failing\":true}}");
    assertThat(board(numbers -> {}, StateStoreStatus.builder("/srv/state.db").build()))
        .isEqualTo("{\"store\":{\"pending\":0,\"saved\":0,\"failures\":0,\"failing\":false}}");
  }

  private static String board(Consumer<Readings> numbers) {
    return board(numbers, StateStoreStatus.NONE);
  }

  private static String board(Consumer<Readings> numbers, StateStoreStatus store) {
    Policies policies = answering(Policies.class, args -> {
      numbers.accept((Readings) args[0]);
      return null;
    });
    RuntimeStatus status = answering(RuntimeStatus.class, args -> store);
    Resilience resilience = Resilience.class.cast(Proxy.newProxyInstance(
        Resilience.class.getClassLoader(),
        new Class<?>[] {Resilience.class},
        (self, method, args) -> method.getReturnType() == Policies.class ? policies : status));
    JsonObject board = new JsonObject();
    new OtherPolicies(resilience).addTo(board);
    return board.toString();
  }

  private static <T> T answering(Class<T> type, Function<Object[], Object> answer) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> answer.apply(args)));
  }
}
