package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PolicyReferenceTest {
  private static List<PolicyReference> listed(String text) {
    return PolicyReference.listed(new SettingText("policies", text));
  }

  @Test
  void listed_commasInParentheses_belongToTheName() {
    assertThat(listed("retry:find(a,b,c), timeout:(d,e)f,hedge"))
        .containsExactly(
            new PolicyReference("retry", "find(a,b,c)"),
            new PolicyReference("timeout", "(d,e)f"),
            new PolicyReference("hedge", ""));
  }

  /** As long as a file may be. If each comma were compared with the rest of the text, it would take hours. */
  @Test
  @Timeout(60)
  void listed_hundredsOfThousandsOfCommas_areReadAtOnce() {
    assertThatThrownBy(() -> listed("retry:a" + ",".repeat(1_000_000)))
        .hasMessageStartingWith("policies must be a list");
    assertThat(listed("retry:a(" + ",".repeat(1_000_000) + ")")).hasSize(1);
  }
}
