package io.aragora.resilience.health.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.health.HealthDetails;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** JSON that the endpoint reads and writes, beside Jackson. */
class JsonFuzzTest {
  private static final int MOST_MEMBERS = 8;
  private static final JsonMapper JACKSON = JsonMapper.builder()
      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .build();

  /** An object of strings is read as Jackson reads it; everything else is an error that does not contain it. */
  @FuzzTest
  void control(byte[] input) {
    String text = new FuzzInput(input).restAsText();
    Map<String, String> expected = flat(text);
    Map<String, String> found;
    try {
      found = FlatObject.read(text);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).matches("the JSON [a-z, ]+ \\(at character [0-9]+\\)");
      found = null;
    }
    assertThat(found).isEqualTo(expected);
  }

  private static Map<String, String> flat(String text) {
    JsonNode node;
    try {
      node = JACKSON.readTree(text);
    } catch (JsonProcessingException e) {
      return null;
    }
    if (node == null || !node.isObject() || node.size() > MOST_MEMBERS) {
      return null;
    }
    Map<String, String> members = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!member.getValue().isTextual()) {
        return null;
      }
      members.put(member.getKey(), member.getValue().textValue());
    }
    return members;
  }

  /** What is written is one line of JSON without a character that a page would interpret, and Jackson reads it as it was meant. */
  @FuzzTest
  void written(byte[] input) throws IOException {
    FuzzInput fields = new FuzzInput(input);
    String key = fields.text();
    String text = fields.text();
    long whole = fields.number();
    double fraction = Double.longBitsToDouble(fields.number());
    Map<String, Object> details = HealthDetails.copyOf(details(fields, 0));
    byte[] written = new JsonObject()
        .put("t" + key, text)
        .put("w", whole)
        .put("f", fraction)
        .put("n", (String) null)
        .put("l", List.of(new JsonObject().put(key, key)))
        .put("d", details)
        .toString()
        .getBytes(UTF_8);
    String line = new String(written, UTF_8);
    assertThat(line).doesNotContainPattern("[<>&\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]");
    JsonNode read = JACKSON.readTree(written);
    assertThat(read.get(name("t" + key)).textValue()).isEqualTo(text);
    assertThat(read.get("w").longValue()).isEqualTo(whole);
    assertThat(read.get("n").isNull()).isTrue();
    assertThat(read.get("l").get(0).get(name(key)).textValue()).isEqualTo(key);
    if (Double.isFinite(fraction) && Math.abs(fraction) < 1e9) {
      assertThat(read.get("f").doubleValue())
          .isCloseTo(fraction, org.assertj.core.data.Offset.offset(0.0006));
    }
    same(read.get("d"), details);
  }

  /** In a name, half of a surrogate pair is written as the text of its escape, since parsers reject the escape. */
  private static String name(String key) {
    return Pattern.compile("\\p{Cs}")
        .matcher(key)
        .replaceAll(half -> String.format("\\\\u%04x", (int) half.group().charAt(0)));
  }

  private static Map<String, Object> details(FuzzInput fields, int depth) {
    Map<String, Object> details = new LinkedHashMap<>();
    for (int left = fields.below(5); left > 0; left--) {
      details.put(fields.text(), detail(fields, depth));
    }
    return details;
  }

  private static Object detail(FuzzInput fields, int depth) {
    return switch (fields.below(depth < 5 ? 9 : 7)) {
      case 0 -> fields.text();
      case 1 -> fields.number();
      case 2 -> Double.longBitsToDouble(fields.number());
      case 3 -> Float.intBitsToFloat((int) fields.number());
      case 4 -> fields.below(2) == 0;
      case 5 -> new StringBuilder(fields.text());
      case 6 -> Double.POSITIVE_INFINITY;
      case 7 -> details(fields, depth + 1);
      default -> {
        List<Object> list = new ArrayList<>();
        for (int left = fields.below(4); left > 0; left--) {
          list.add(detail(fields, depth + 1));
        }
        yield list;
      }
    };
  }

  private static void same(JsonNode read, Object value) {
    if (value instanceof Map<?, ?> map) {
      assertThat(read.size()).isEqualTo(map.size());
      map.forEach((key, member) -> same(read.get(name((String) key)), member));
    } else if (value instanceof List<?> list) {
      assertThat(read.size()).isEqualTo(list.size());
      for (int i = 0; i < list.size(); i++) {
        same(read.get(i), list.get(i));
      }
    } else if (value instanceof Number number && !Double.isFinite(number.doubleValue())) {
      assertThat(read.isNull()).isTrue();
    } else if (value instanceof Long number) {
      assertThat(read.longValue()).isEqualTo(number);
    } else if (value instanceof Number number) {
      assertThat(Double.parseDouble(read.asText()))
          .isEqualTo(Double.parseDouble(number.toString()));
    } else if (value instanceof Boolean is) {
      assertThat(read.booleanValue()).isEqualTo(is);
    } else {
      assertThat(read.textValue()).isEqualTo(value.toString());
    }
  }
}
