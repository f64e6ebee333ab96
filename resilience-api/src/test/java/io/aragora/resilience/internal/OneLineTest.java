package io.aragora.resilience.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OneLineTest {
  @Test
  void of_charactersThatEndALine_becomeQuestionMarks() {
    assertThat(OneLine.of("a\nb\rc\u0085d\u2028e\u2029f\u0000g\u007f", 100))
        .isEqualTo("a?b?c?d?e?f?g?");
  }

  @Test
  void of_halfOfASurrogatePair_becomesAQuestionMark_wholePairsStay() {
    assertThat(OneLine.of("\ud800a\ud83d\ude00\ude00", 100)).isEqualTo("?a\ud83d\ude00?");
  }

  @Test
  void of_cutInsideASurrogatePair_leavesNoHalf() {
    assertThat(OneLine.of("a\ud83d\ude00b", 2)).isEqualTo("a?...");
  }
}
