package io.aragora.resilience.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HealthDetailsTest {

  @Test
  void copyOf_keepsWhatEveryFormatCanShow_andNothingThatChanges() {
    AtomicInteger changing = new AtomicInteger(1);
    List<Object> list = new ArrayList<>(List.of(1, 2L, 0.5, true, new BigDecimal("1.10")));
    Map<String, Object> given = new HashMap<>();
    given.put("list", list);
    given.put("changing", changing);
    given.put("endless", Double.NaN);
    given.put("status", HealthStatus.DEGRADED);
    given.put("none", null);
    Map<String, Object> copy = HealthDetails.copyOf(given);
    changing.set(2);
    list.clear();
    assertThat(copy)
        .containsOnly(
            Map.entry("list", List.of(1, 2L, 0.5, true, new BigDecimal("1.10"))),
            Map.entry("changing", "1"),
            Map.entry("endless", "NaN"),
            Map.entry("status", "DEGRADED"));
    assertThatThrownBy(() -> copy.put("more", 1)).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void copyOf_isBounded() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HealthDetails.copyOf(Map.of("list", Collections.nCopies(1000, "value"))))
        .withMessage("details must have at most 1000 values");
    Map<String, Object> inItself = new HashMap<>();
    inItself.put("self", inItself);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HealthDetails.copyOf(inItself))
        .withMessage("details must not be deeper than 8");
    assertThat(HealthDetails.copyOf((Object) "x".repeat(5000))).asString().hasSize(1000);
  }

  @Test
  void shortened_cutsNoCharacterInTwo() {
    assertThat(HealthDetails.shortened("x".repeat(1000))).hasSize(1000).endsWith("x");
    assertThat(HealthDetails.shortened("x".repeat(1001))).hasSize(1000).endsWith("x…");
    assertThat(HealthDetails.shortened("x".repeat(998) + "\uD83D\uDE00".repeat(2)))
        .hasSize(999)
        .endsWith("x…");
    assertThat(HealthResult.of(HealthStatus.UNHEALTHY, "x".repeat(5000)).detail())
        .hasSize(1000);
  }
}
