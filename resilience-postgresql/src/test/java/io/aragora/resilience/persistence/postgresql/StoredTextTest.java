package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoredTextTest {
  @Test
  void encode_plainText_isTheSameObject() {
    String text = "it's 100% \uD83D\uDD25\n";

    assertThat(StoredText.encode(text)).isSameAs(text);
    assertThat(StoredText.decode("name", text)).isSameAs(text);
  }

  @Test
  void encode_whatPostgresqlRejects_isEscaped() {
    assertThat(StoredText.encode("a\0b")).isEqualTo("a\\u0000b");
    assertThat(StoredText.encode("\uD83D")).isEqualTo("\\ud83d");
    assertThat(StoredText.encode("\uDD25\uD83D")).isEqualTo("\\udd25\\ud83d");
    assertThat(StoredText.encode("C:\\u0000")).isEqualTo("C:\\\\u0000");
    assertThat(StoredText.encode("\uD7FF\uD800\uE000\uDFFF"))
        .isEqualTo("\uD7FF\\ud800\uE000\\udfff");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\0",
        "\\",
        "\\\\",
        "\\u0000",
        "\0\\u0000\0",
        "\0" + "1 and other digits follow",
        "x\uD83D",
        "\uDD25x",
        "\uD83D\uD83D\uDD25\uDD25",
        "\\\uD83D\uDD25"
      })
  void decode_whatWasEncoded_isTheText(String text) {
    String stored = StoredText.encode(text);

    assertThat(stored).doesNotContain("\0");
    assertThat(StoredText.decode("name", stored)).isEqualTo(text);
  }

  @Test
  void decode_everyCharacter_isTheText() {
    StringBuilder all = new StringBuilder();
    // From the last to the first, so that no two surrogates are partners.
    for (int i = Character.MAX_VALUE; i >= 0; i--) {
      all.append((char) i);
    }

    assertThat(StoredText.decode("name", StoredText.encode(all.toString())))
        .isEqualTo(all.toString());
  }

  @ParameterizedTest
  @CsvSource({"'\\', name", "'a\\', name", "'\\x', key", "'\\u12', name", "'\\u12x4', name"})
  void decode_aBackslashThatBeginsNothing_isRejected(String stored, String column) {
    assertThatIllegalArgumentException().isThrownBy(() -> StoredText.decode(column, stored));
  }
}
