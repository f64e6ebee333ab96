package io.aragora.resilience.health.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.fuzz.FuzzInput;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;

/** Heads of requests to the endpoint. */
class HeadsFuzzTest {
  private static final Set<Integer> STATUSES = Set.of(400, 411, 431, 505);

  /** A head is read alike whether it arrives at once or in pieces. What was read is strict, and is read again if it is written plainly. */
  @FuzzTest
  void head(byte[] input) throws IOException {
    FuzzInput fields = new FuzzInput(input);
    int piece = 1 + fields.below(20);
    byte[] bytes = fields.rest();
    Object whole = read(new ByteArrayInputStream(bytes));
    InputStream inPieces = new ByteArrayInputStream(bytes) {
      @Override
      public synchronized int read(byte[] into, int from, int most) {
        return super.read(into, from, Math.min(most, piece));
      }
    };
    Object other = read(inPieces);
    if (whole instanceof RequestHead head) {
      assertThat(other).isInstanceOf(RequestHead.class);
      checkStrict(head);
      assertThat(((RequestHead) other).headers()).isEqualTo(head.headers());
      assertThat(head.rest()).startsWith(((RequestHead) other).rest());
      assertThat(bytes).endsWith(head.rest().getBytes(ISO_8859_1));
      assertThat(read(new ByteArrayInputStream(written(head).getBytes(ISO_8859_1))))
          .isEqualTo(head);
    } else {
      assertThat(other).isEqualTo(whole);
    }
  }

  /** Returns the head, or the status of its error, or 0 if it has no end. */
  private static Object read(InputStream in) throws IOException {
    try {
      return RequestHead.read(in);
    } catch (BadRequest e) {
      assertThat(e.answer().status()).isIn(STATUSES);
      return e.answer().status();
    } catch (EOFException e) {
      return 0;
    }
  }

  private static void checkStrict(RequestHead head) {
    assertThat(head.method()).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    assertThat(head.path()).matches("/[\\x21-\\x7e&&[^?]]*");
    assertThat(head.length()).isNotNegative();
    assertThat(head.headers())
        .hasSizeLessThanOrEqualTo(RequestHead.MOST_HEADERS)
        .doesNotContainKey("transfer-encoding");
    head.headers().forEach((name, values) -> {
      assertThat(name).matches("[!#$%&'*+.^_`|~0-9a-z-]+");
      assertThat(values)
          .allSatisfy(value ->
              assertThat(value).matches("[\\x20-\\x7e\\x80-\\xff\\t]*").isEqualTo(value.trim()));
    });
    List<String> lengths = head.headers().getOrDefault("content-length", List.of("0"));
    assertThat(lengths).containsExactly(lengths.get(0));
    assertThat(Long.parseLong(lengths.get(0))).isEqualTo(head.length());
  }

  private static String written(RequestHead head) {
    StringBuilder text = new StringBuilder(head.method() + " " + head.path() + " HTTP/1.1\r\n");
    head.headers()
        .forEach((name, values) ->
            values.forEach(value -> text.append(name).append(": ").append(value).append("\r\n")));
    return text + "\r\n" + head.rest();
  }
}
