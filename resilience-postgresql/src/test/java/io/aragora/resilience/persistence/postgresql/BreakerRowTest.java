package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class BreakerRowTest {
  @Test
  @DisplayName("what identifies a row never changes: rows of earlier versions are found by it")
  void id_nameAndKey_isTheDigestOfBoth() throws Exception {
    assertThat(BreakerRow.id("b", null)).isEqualTo(sha256("00000001" + "62"));
    assertThat(BreakerRow.id("b", "key")).isEqualTo(sha256("00000001" + "62" + "00" + "6b6579"));
  }

  private static byte[] sha256(String hex) throws Exception {
    return MessageDigest.getInstance("SHA-256").digest(HexFormat.of().parseHex(hex));
  }
}
