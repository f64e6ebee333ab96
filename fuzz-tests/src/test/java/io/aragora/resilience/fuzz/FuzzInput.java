package io.aragora.resilience.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * The bytes of one input as fields, so that seeds are files that people can read and write. A byte 0x1F ends a field. Every sequence of
 * bytes is valid. Not thread-safe.
 */
public final class FuzzInput {
  private static final byte END_OF_FIELD = 0x1f;
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,18}");

  private final byte[] bytes;
  private int next;

  /**
   * Creates an input.
   *
   * @param bytes the bytes
   */
  public FuzzInput(byte[] bytes) {
    this.bytes = bytes;
  }

  /** {@return whether a byte is left} */
  public boolean hasMore() {
    return next < bytes.length;
  }

  /** {@return the bytes to the end of the field; none if there is no field} */
  public byte[] field() {
    int end = next;
    while (end < bytes.length && bytes[end] != END_OF_FIELD) {
      end++;
    }
    byte[] field = Arrays.copyOfRange(bytes, Math.min(next, bytes.length), end);
    next = end + 1;
    return field;
  }

  /** {@return the bytes that are left} */
  public byte[] rest() {
    byte[] rest = Arrays.copyOfRange(bytes, Math.min(next, bytes.length), bytes.length);
    next = bytes.length;
    return rest;
  }

  /** {@return the next field as text, which may have any character} */
  public String text() {
    return text(field());
  }

  /** {@return the bytes that are left, as text} */
  public String restAsText() {
    return text(rest());
  }

  /** {@return the next field as a number: its decimal digits, else its last eight bytes} */
  public long number() {
    byte[] field = field();
    String text = new String(field, US_ASCII);
    if (DECIMAL.matcher(text).matches()) {
      return Long.parseLong(text);
    }
    long number = 0;
    for (byte each : field) {
      number = number << 8 | (each & 0xff);
    }
    return number;
  }

  /**
   * Returns the next field as a number below a bound.
   *
   * @param bound at least 1
   * @return in [0, bound)
   */
  public int below(int bound) {
    return (int) Math.floorMod(number(), (long) bound);
  }

  /** UTF-8; a byte that is no UTF-8 stands for half of a surrogate pair, so that a text can have every character of Java. */
  private static String text(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length);
    for (int i = 0; i < bytes.length; ) {
      int first = bytes[i] & 0xff;
      int more = first < 0x80
          ? 0
          : first < 0xc2 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : -1;
      int codePoint = first & (more == 0 ? 0x7f : 0x3f >> more);
      int read = 1;
      for (; read <= more && i + read < bytes.length && (bytes[i + read] & 0xc0) == 0x80; read++) {
        codePoint = codePoint << 6 | (bytes[i + read] & 0x3f);
      }
      if (more >= 0 && read == more + 1 && codePoint <= Character.MAX_CODE_POINT) {
        text.appendCodePoint(codePoint);
        i += read;
      } else {
        text.append((char) (Character.MIN_SURROGATE + (first << 3)));
        i++;
      }
    }
    return text.toString();
  }
}
