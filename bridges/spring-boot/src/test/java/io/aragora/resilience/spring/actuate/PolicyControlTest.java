package io.aragora.resilience.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import org.junit.jupiter.api.Test;

class PolicyControlTest {
  /** A key comes from a request, and could forge a line of the log. */
  @Test
  void shown_anyText_isOneShortLine() {
    assertThat(PolicyControl.shown("a\nINFO operator: b\u2028\ud800"))
        .isEqualTo("a?INFO operator: b??");
    assertThat(PolicyControl.shown("k".repeat(10_000))).hasSize(303);
  }

  @Test
  void change_kindOfTwoLines_errorHasOne() {
    try (Resilience resilience = Resilience.builder().build()) {
      assertThatThrownBy(() -> new PolicyControl(resilience).change("a\nb", "shop", null, "reset"))
          .hasMessage("kind must be circuitbreaker, keyedcircuitbreaker or ratelimiter: a?b");
    }
  }
}
