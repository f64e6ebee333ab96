package io.aragora.resilience.health.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonObjectTest {
  @Test
  void parse_emptyObject_hasNoKeys() {
    assertThat(new JsonObject()).hasToString("{}");
  }

  @Test
  void put_severalKinds_keepsTheOrder() {
    JsonObject inner = new JsonObject().put("n", -7);

    assertThat(new JsonObject().put("z", "text").put("a", inner).put("m", 0))
        .hasToString("{\"z\":\"text\",\"a\":{\"n\":-7},\"m\":0}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "0022 \\\"",
        "005c \\\\",
        "000a \\n",
        "000d \\r",
        "0009 \\t",
        "0000 \\u0000",
        "0008 \\u0008",
        "001f \\u001f",
        "007f \\u007f",
        "0085 \\u0085",
        "003c \\u003c",
        "003e \\u003e",
        "0026 \\u0026",
        "2028 \\u2028",
        "2029 \\u2029"
      })
  void put_specialCharacter_isEscapedInKeyAndValue(String code, String escaped) {
    String special = Character.toString(Integer.parseInt(code, 16));

    assertThat(new JsonObject().put("k" + special, special + "v"))
        .hasToString("{\"k" + escaped + "\":\"" + escaped + "v\"}");
  }

  @Test
  void put_otherText_staysAsItIs() {
    assertThat(new JsonObject().put("ключ", "naïve 'quote' / \uD83D\uDE00"))
        .hasToString("{\"ключ\":\"naïve 'quote' / \uD83D\uDE00\"}");
  }

  @Test
  void put_halfAPair_isEscapedAndAPairIsNot() {
    assertThat(new JsonObject().put("k", "\uD800x\uDC00\uD83D\uDE00\uD83D"))
        .hasToString("{\"k\":\"\\ud800x\\udc00\uD83D\uDE00\\ud83d\"}");
  }

  @Test
  void put_otherKinds() {
    assertThat(new JsonObject()
            .put("rate", 12.34567)
            .put("unknown", Double.NaN)
            .put("none", (String) null)
            .put("yes", true)
            .put("list", List.of(new JsonObject().put("a", 1), new JsonObject())))
        .hasToString("{\"rate\":12.346,\"unknown\":null,\"none\":null,\"yes\":true,"
            + "\"list\":[{\"a\":1},{}]}");
  }

  @Test
  void put_details_eachKindOfValue() {
    Map<String, Object> inner = new LinkedHashMap<>();
    inner.put("a\"", 1.5);
    inner.put("b", true);
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("map", inner);
    details.put("list", Arrays.asList(7L, null, "x<y", List.of()));
    details.put("other", Thread.State.NEW);

    assertThat(new JsonObject().put("none", Map.of()).put("details", details))
        .hasToString("{\"none\":{},\"details\":{\"map\":{\"a\\\"\":1.5,\"b\":true},"
            + "\"list\":[7,\"null\",\"x\\u003cy\",[]],\"other\":\"NEW\"}}");
  }

  @Test
  void put_halfAPairInAName_isTheTextOfItsEscape() {
    assertThat(new JsonObject().put("\uD83D\uDE00x\uD83D", 1))
        .hasToString("{\"\uD83D\uDE00x\\\\ud83d\":1}");
  }

  @Test
  void quoted_text_isOneLineInQuotes() {
    assertThat(JsonText.quoted("a\nb")).isEqualTo("\"a\\nb\"");
  }
}
