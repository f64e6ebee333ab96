package io.aragora.resilience.grpc;

import io.grpc.Metadata;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads how long a server asks a client to wait: the trailer {@code grpc-retry-pushback-ms}, or a {@code google.rpc.RetryInfo} in
 * {@code grpc-status-details-bin}. The bytes come from a server that may be hostile: a malformed value is ignored.
 */
final class ServerPushback {
  static final Metadata.Key<String> PUSHBACK =
      Metadata.Key.of("grpc-retry-pushback-ms", Metadata.ASCII_STRING_MARSHALLER);

  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private static final Pattern DIGITS = Pattern.compile("0*[0-9]{1,18}");
  private static final String RETRY_INFO = "/google.rpc.RetryInfo";

  /** A server that asks for more is not believed. */
  private static final long MAX_SECONDS = 86_400L * 365;

  // Of the wire format of protocol buffers.
  private static final int VARINT = 0;
  private static final int FIXED_64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED_32 = 5;

  private ServerPushback() {}

  /** Returns the time; null if the server asks for none. */
  static @Nullable Duration of(Metadata trailers) {
    Duration pushback = ofMillis(trailers.get(PUSHBACK));
    return pushback != null ? pushback : ofDetails(trailers.get(DETAILS));
  }

  private static @Nullable Duration ofMillis(@Nullable String text) {
    return text != null && DIGITS.matcher(text).matches()
        ? positive(Duration.ofMillis(Long.parseLong(text)))
        : null;
  }

  private static @Nullable Duration ofDetails(byte @Nullable [] status) {
    if (status == null) {
      return null;
    }
    try {
      return ofStatus(ByteBuffer.wrap(status));
    } catch (RuntimeException e) {
      return null; // cut off, or lengths beyond the end
    }
  }

  /** A {@code google.rpc.Status}, whose field 3 holds its details. */
  private static @Nullable Duration ofStatus(ByteBuffer status) {
    while (status.hasRemaining()) {
      long tag = varint(status);
      if (tag == (3 << 3 | LENGTH_DELIMITED)) {
        Duration delay = ofAny(part(status));
        if (delay != null) {
          return delay;
        }
      } else {
        skip(tag, status);
      }
    }
    return null;
  }

  /** An {@code Any}: field 1 is the name of its type, field 2 its bytes. */
  private static @Nullable Duration ofAny(ByteBuffer any) {
    String type = "";
    ByteBuffer value = ByteBuffer.allocate(0);
    while (any.hasRemaining()) {
      long tag = varint(any);
      if (tag == (1 << 3 | LENGTH_DELIMITED)) {
        type = StandardCharsets.UTF_8.decode(part(any)).toString();
      } else if (tag == (2 << 3 | LENGTH_DELIMITED)) {
        value = part(any);
      } else {
        skip(tag, any);
      }
    }
    return type.endsWith(RETRY_INFO) ? ofRetryInfo(value) : null;
  }

  private static @Nullable Duration ofRetryInfo(ByteBuffer info) {
    while (info.hasRemaining()) {
      long tag = varint(info);
      if (tag == (1 << 3 | LENGTH_DELIMITED)) {
        return ofDuration(part(info));
      }
      skip(tag, info);
    }
    return null;
  }

  private static @Nullable Duration ofDuration(ByteBuffer duration) {
    long seconds = 0;
    long nanos = 0;
    while (duration.hasRemaining()) {
      long tag = varint(duration);
      if (tag == (1 << 3 | VARINT)) {
        seconds = varint(duration);
      } else if (tag == (2 << 3 | VARINT)) {
        nanos = varint(duration);
      } else {
        skip(tag, duration);
      }
    }
    if (seconds < 0 || seconds > MAX_SECONDS || nanos < 0 || nanos > 999_999_999) {
      return null;
    }
    return positive(Duration.ofSeconds(seconds, nanos));
  }

  private static @Nullable Duration positive(Duration delay) {
    boolean isCredible = !delay.isNegative() && !delay.isZero() && delay.toSeconds() <= MAX_SECONDS;
    return isCredible ? delay : null;
  }

  private static ByteBuffer part(ByteBuffer from) {
    long length = varint(from);
    if (length < 0 || length > from.remaining()) {
      throw new IllegalArgumentException("a part of " + length + " bytes");
    }
    ByteBuffer part = from.slice(from.position(), (int) length);
    from.position(from.position() + (int) length);
    return part;
  }

  private static void skip(long tag, ByteBuffer from) {
    switch ((int) (tag & 7)) {
      case VARINT -> varint(from);
      case FIXED_64 -> from.getLong();
      case LENGTH_DELIMITED -> part(from);
      case FIXED_32 -> from.getInt();
      default -> throw new IllegalArgumentException("a field of type " + (tag & 7));
    }
  }

  private static long varint(ByteBuffer from) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = from.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }
}
