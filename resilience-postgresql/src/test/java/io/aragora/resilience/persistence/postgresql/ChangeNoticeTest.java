package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeNoticeTest {
  private static final String WRITER = "0123abcd-4567-89ab-cdef-0123456789ab";

  @Test
  void parse_noticeOfAWriter_hasItsTransaction() {
    assertThat(ChangeNotice.parse(WRITER + " 742"))
        .isEqualTo(new ChangeNotice(UUID.fromString(WRITER), 742));
    assertThat(ChangeNotice.parse(WRITER + " 999999999999999999"))
        .isEqualTo(new ChangeNotice(UUID.fromString(WRITER), 999_999_999_999_999_999L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        WRITER,
        WRITER + " ",
        WRITER + " 0",
        WRITER + " -1",
        WRITER + " 1x",
        WRITER + " 9223372036854775808",
        "1-2-3-4-5 7"
      })
  void parse_anythingElse_isNoNotice(String payload) {
    assertThat(ChangeNotice.parse(payload)).isNull();
  }
}
