package io.aragora.resilience.health.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlatObjectTest {
  @Test
  void read_members_inTheirOrder() {
    assertThat(FlatObject.read(" {\"b\" : \"1\" ,\n\"a\":\"\"}\t"))
        .containsExactly(entry("b", "1"), entry("a", ""));
    assertThat(FlatObject.read("{}")).isEmpty();
  }

  @Test
  void read_everyEscape() {
    assertThat(
            FlatObject.read("{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDE00\\ud800\"}"))
        .containsEntry("k", "\"\\/\b\f\n\r\tA\uD83D\uDE00\uD800");
  }

  @Test
  void read_whatIsWritten_isTheSame() {
    StringBuilder all = new StringBuilder();
    for (char c = 0; c < 0xffff; c++) {
      all.append(c);
    }
    String text = all.append("\uD83D\uDE00").toString();

    // A name has no halves of surrogate pairs.
    String name = text.replaceAll("\\p{Cs}", "");
    assertThat(FlatObject.read(new JsonObject().put(name, text).toString()))
        .containsExactly(entry(name, text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1}",
        "{\"a\":null}",
        "{\"a\":{}}",
        "{\"a\":\"1\",}",
        "{\"a\":\"1\"}x",
        "{\"a\":\"1\",\"a\":\"2\"}",
        "{'a':'1'}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u00g0\"}",
        "{\"a\":\"\\u١٢٣٤\"}",
        "{\"a\":\"\\u00",
        "{\"a\":\"\n\"}",
        "{\"a\":\"1\",\"b\":\"\",\"c\":\"\",\"d\":\"\",\"e\":\"\",\"f\":\"\",\"g\":\"\",\"h\":\"\",\"i\":\"\"}"
      })
  void read_anythingElse_isRejected(String text) {
    assertThatThrownBy(() -> FlatObject.read(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the JSON ");
  }
}
