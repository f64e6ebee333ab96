package io.aragora.resilience.spring.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.page.BreakerControl;
import java.util.stream.Stream;
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

  /** The endpoint and the live page are two ways to the same actions. */
  @Test
  void actions_areThoseOfTheLivePage() {
    assertThat(PolicyControl.BreakerAction.values())
        .extracting(PolicyControl.BreakerAction::toString)
        .containsExactlyInAnyOrderElementsOf(Stream.of(BreakerControl.Action.values())
            .map(BreakerControl.Action::text)
            .toList());
    try (Resilience resilience = Resilience.builder().build()) {
      resilience.circuitBreaker("prices");
      PolicyControl control = new PolicyControl(resilience);
      for (BreakerControl.Action action : BreakerControl.Action.values()) {
        assertThat(control.change("circuitbreaker", "prices", null, action.text()))
            .isTrue();
      }
      assertThatThrownBy(() -> control.change("circuitbreaker", "prices", null, "close"))
          .hasMessage("action must be force-open, force-closed or reset: close");
    }
  }
}
