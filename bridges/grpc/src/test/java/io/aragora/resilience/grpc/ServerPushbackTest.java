package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerPushbackTest {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private static Metadata pushback(String millis) {
    Metadata trailers = new Metadata();
    trailers.put(ServerPushback.PUSHBACK, millis);
    return trailers;
  }

  private static @Nullable Duration details(byte[] bytes) {
    Metadata trailers = new Metadata();
    trailers.put(DETAILS, bytes);
    return ServerPushback.of(trailers);
  }

  private static byte[] part(int field, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(field << 3 | 2);
    varint(out, content.length);
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] number(int field, long value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(field << 3);
    varint(out, value);
    return out.toByteArray();
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  private static byte[] all(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] each : parts) {
      out.writeBytes(each);
    }
    return out.toByteArray();
  }

  private static byte[] any(String type, byte[] value) {
    return part(3, all(part(1, type.getBytes(StandardCharsets.UTF_8)), part(2, value)));
  }

  /** A status as servers write it: a code, a message, another detail, and the delay. */
  private static byte[] status(long seconds, long nanos) {
    return all(
        number(1, 8),
        part(2, "slow down".getBytes(StandardCharsets.UTF_8)),
        any("type.googleapis.com/google.rpc.ErrorInfo", new byte[] {10, 1, 65}),
        any(
            "type.googleapis.com/google.rpc.RetryInfo",
            part(1, all(number(1, seconds), number(2, nanos)))));
  }

  @Test
  void retryInfo_isTheDelay() {
    assertThat(details(status(3, 500_000_000))).isEqualTo(Duration.ofMillis(3500));
  }

  @Test
  void pushback_isTheDelay_andComesFirst() {
    Metadata trailers = pushback("120");
    trailers.put(DETAILS, status(3, 0));

    assertThat(ServerPushback.of(trailers)).isEqualTo(Duration.ofMillis(120));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-1", "0", "", "soon", "1e3", "99999999999999999999", "9223372036854775807"})
  void pushback_noCredibleDelay_none(String millis) {
    assertThat(ServerPushback.of(pushback(millis))).isNull();
  }

  @Test
  void retryInfo_noCredibleDelay_none() {
    assertThat(details(status(0, 0))).isNull();
    assertThat(details(status(-1, 0))).isNull();
    assertThat(details(status(Long.MAX_VALUE, 0))).isNull();
    assertThat(details(status(1, -5))).isNull();
    assertThat(details(status(1, 1_000_000_000))).isNull();
    assertThat(ServerPushback.of(new Metadata())).isNull();
  }

  @Test
  void bytes_cutOffOrChanged_neverThrow() {
    byte[] whole = status(3, 0);
    for (int length = 0; length < whole.length; length++) {
      Duration delay = details(Arrays.copyOf(whole, length));
      assertThat(delay == null || delay.equals(Duration.ofSeconds(3))).isTrue();
    }
    Random random = new Random(42);
    for (int i = 0; i < 20_000; i++) {
      byte[] changed = whole.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt();
      }
      Duration delay = details(changed);
      assertThat(delay == null || !delay.isNegative()).isTrue();
    }
  }
}
