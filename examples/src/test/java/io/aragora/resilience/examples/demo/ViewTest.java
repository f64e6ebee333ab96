package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ViewTest {
  @Test
  void mayRedraw_ordinaryTerminal_yes() {
    assertThat(View.mayRedraw(Map.of("TERM", "xterm-256color"))).isTrue();
    assertThat(View.mayRedraw(Map.of())).isTrue();
    assertThat(View.mayRedraw(Map.of("NO_COLOR", ""))).isTrue();
  }

  @Test
  void mayRedraw_dumbTerminalOrNoColor_no() {
    assertThat(View.mayRedraw(Map.of("TERM", "dumb"))).isFalse();
    assertThat(View.mayRedraw(Map.of("TERM", "xterm", "NO_COLOR", "1"))).isFalse();
  }
}
