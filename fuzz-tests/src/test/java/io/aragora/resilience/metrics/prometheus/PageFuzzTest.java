package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.testing.ManualTime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The metrics page, with any names and keys as labels. */
class PageFuzzTest {
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\n\"])*+)\"");
  private static final Pattern SAMPLE = Pattern.compile(
      "([a-zA-Z_:][a-zA-Z0-9_:]*+)(?:\\{((?:" + LABEL + ",?)*+)})? (NaN|[+-]Inf|[-+.0-9eE]++)");
  private static final Pattern COMMENT =
      Pattern.compile("# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+");

  /** Each line is of the text format, no series is there twice, and the labels contain the names. */
  @FuzzTest
  void page(byte[] input) throws IOException {
    FuzzInput fields = new FuzzInput(input);
    String one = "1" + fields.text();
    String two = "2" + fields.text();
    String key = "3" + fields.text();
    AtomicReference<ResilienceContext> context = new AtomicReference<>();
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    try (Resilience resilience = Resilience.builder()
        .name("fuzz")
        .timeSource(ManualTime.create())
        .extension(given -> {
          context.set(given);
          return () -> {};
        })
        .build()) {
      resilience.circuitBreaker(one, CircuitBreakerConfig.defaults()).forceOpen();
      resilience.bulkhead(two, BulkheadConfig.of(1));
      resilience
          .keyedCircuitBreaker(two, KeyedCircuitBreakerConfig.builder().build())
          .forKey(key)
          .forceOpen();
      new MetricsEndpoint().write(context.get(), written);
    }
    Set<String> values = new HashSet<>();
    check(written.toString(UTF_8), values);
    assertThat(values).contains(bytes(one), bytes(two), bytes(key));
  }

  private static String bytes(String text) {
    return new String(text.getBytes(UTF_8), UTF_8);
  }

  private static void check(String page, Set<String> values) {
    assertThat(page).endsWith("\n");
    Set<String> series = new HashSet<>();
    for (String line : page.substring(0, page.length() - 1).split("\n", -1)) {
      if (!COMMENT.matcher(line).matches()) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        assertThat(series.add(sample.group(1) + sample.group(2))).as(line).isTrue();
        Matcher label = LABEL.matcher(String.valueOf(sample.group(2)));
        while (label.find()) {
          values.add(unescaped(label.group(2)));
        }
      }
    }
  }

  private static String unescaped(String text) {
    StringBuilder plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\') {
        char next = text.charAt(++i);
        plain.append(next == 'n' ? '\n' : next);
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }
}
