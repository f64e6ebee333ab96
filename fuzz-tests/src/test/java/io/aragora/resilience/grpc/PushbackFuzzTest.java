package io.aragora.resilience.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.fuzz.FuzzInput;
import io.grpc.Metadata;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.time.Duration;

/** Trailers in which a server of gRPC says how long to wait. */
class PushbackFuzzTest {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);
  private static final Duration LONGEST = Duration.ofDays(365);

  /** A trailer of digits is its number; everything else, and bytes of any kind, is no request or one within a year. */
  @FuzzTest
  void trailers(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    String text = new String(fields.field(), US_ASCII).replaceAll("[^ -~]", "?");
    Metadata trailers = new Metadata();
    trailers.put(ServerPushback.PUSHBACK, text);
    Duration found = ServerPushback.of(trailers);
    if (text.matches("[0-9]+")) {
      BigInteger millis = new BigInteger(text);
      boolean isCredible =
          millis.signum() > 0 && millis.compareTo(BigInteger.valueOf(LONGEST.toMillis())) <= 0;
      assertThat(found).isEqualTo(isCredible ? Duration.ofMillis(millis.longValueExact()) : null);
    } else {
      assertThat(found).isNull();
    }
    Metadata details = new Metadata();
    details.put(DETAILS, fields.rest());
    Duration read = ServerPushback.of(details);
    if (read != null) {
      assertThat(read).isPositive().isLessThanOrEqualTo(LONGEST.plusSeconds(1));
    }
  }

  /** What is encoded as protocol buffers do it is read, among fields that are not known. */
  @FuzzTest
  void retryInfo(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    long seconds = fields.below(1_000_000);
    long nanos = fields.below(1_000_000_000);
    ByteArrayOutputStream duration = new ByteArrayOutputStream();
    number(duration, 1, seconds);
    unknown(duration, fields);
    number(duration, 2, nanos);
    ByteArrayOutputStream info = new ByteArrayOutputStream();
    unknown(info, fields);
    part(info, 1, duration.toByteArray());
    ByteArrayOutputStream any = new ByteArrayOutputStream();
    part(any, 1, "type.googleapis.com/google.rpc.RetryInfo".getBytes(UTF_8));
    unknown(any, fields);
    part(any, 2, info.toByteArray());
    ByteArrayOutputStream status = new ByteArrayOutputStream();
    number(status, 1, 14);
    part(status, 2, fields.field());
    unknown(status, fields);
    part(status, 3, any.toByteArray());
    Metadata trailers = new Metadata();
    trailers.put(DETAILS, status.toByteArray());
    Duration expected = Duration.ofSeconds(seconds, nanos);
    assertThat(ServerPushback.of(trailers)).isEqualTo(expected.isZero() ? null : expected);
  }

  private static void unknown(ByteArrayOutputStream out, FuzzInput fields) {
    int field = 10 + fields.below(1_000);
    switch (fields.below(5)) {
      case 0 -> number(out, field, fields.number());
      case 1 -> {
        varint(out, (long) field << 3 | 1);
        out.writeBytes(new byte[8]);
      }
      case 2 -> part(out, field, fields.field());
      case 3 -> {
        varint(out, (long) field << 3 | 5);
        out.writeBytes(new byte[4]);
      }
      default -> {
        // none
      }
    }
  }

  private static void number(ByteArrayOutputStream out, int field, long value) {
    varint(out, (long) field << 3);
    varint(out, value);
  }

  private static void part(ByteArrayOutputStream out, int field, byte[] bytes) {
    varint(out, (long) field << 3 | 2);
    varint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
