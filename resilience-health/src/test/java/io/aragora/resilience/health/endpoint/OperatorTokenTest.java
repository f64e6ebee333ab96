package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorTokenTest {
  private static final String SECRET = "0123456789abcdef";

  @ParameterizedTest
  @ValueSource(
      strings = {"Bearer 0123456789abcdef", "bearer   0123456789abcdef", "BEARER 0123456789abcdef "
      })
  void isIn_thisToken_isAccepted(String header) {
    assertThat(OperatorToken.of("token", SECRET).isIn(header)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Bearer",
        "Bearer ",
        "0123456789abcdef",
        "Basic 0123456789abcdef",
        "Bearer 0123456789abcde",
        "Bearer 0123456789abcdeF",
        "Bearer 0123456789abcdef0",
        "Bearer 0123456789abcdef, Bearer x"
      })
  void isIn_anythingElse_isNot(String header) {
    assertThat(OperatorToken.of("token", SECRET).isIn(header)).isFalse();
  }

  @Test
  void of_badToken_namesSettingAndRuleButNotTheToken() {
    assertThatThrownBy(() -> HealthEndpoint.builder().operatorToken("hunter2-hunter2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("operatorToken must have 16 to 1000 characters: 15 characters");
    assertThatThrownBy(() -> OperatorToken.of("token", "x".repeat(1_001)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token must have 16 to 1000 characters: 1001 characters");
    assertThatThrownBy(() -> OperatorToken.of("token", "with a space in it"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token must have only visible ASCII characters, but has others");
  }

  @Test
  void toString_ofTokenAndSettings_doesNotShowIt() {
    OperatorToken token = OperatorToken.of("token", SECRET);

    assertThat(token).hasToString("(hidden)");
    assertThat(new EndpointSettings("127.0.0.1", 0, false, List.of(), token, null).toString())
        .doesNotContain(SECRET);
  }
}
