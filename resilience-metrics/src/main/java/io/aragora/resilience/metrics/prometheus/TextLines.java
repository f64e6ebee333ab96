package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;

/** Writes lines of the text format 0.0.4 in chunks, as the Prometheus library would write them. Not thread-safe. */
final class TextLines {
  private static final int CHUNK = 8192;

  /** From here on {@link Double#toString} has an exponent. */
  private static final int FIRST_WITH_EXPONENT = 10_000_000;

  /** More than the longest text of a number, its blank and its line break. */
  private static final int NUMBER = 32;

  private final OutputStream out;
  private final byte[] chunk = new byte[CHUNK];
  private int length;

  TextLines(OutputStream out) {
    this.out = out;
  }

  /** Returns a label with its value, escaped. */
  static byte[] label(String name, String value) {
    String escaped = value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    return (name + "=\"" + escaped + '"').getBytes(UTF_8);
  }

  /** Writes a line without a number. */
  void write(String line) throws IOException {
    append((line + "\n").getBytes(UTF_8));
  }

  /** Writes a line whose number is a count. */
  void write(byte[] head, byte[] middle, byte[] tail, long count) throws IOException {
    append(head, middle, tail);
    if (count < 0 || count >= FIRST_WITH_EXPONENT) {
      appendAscii(Double.toString((double) count));
    } else {
      appendDigits((int) count);
      chunk[length++] = '.';
      chunk[length++] = '0';
    }
    chunk[length++] = '\n';
  }

  /** Writes a line. */
  void write(byte[] head, byte[] middle, byte[] tail, double number) throws IOException {
    append(head, middle, tail);
    appendAscii(Double.doubleToRawLongBits(number) == 0 ? "0.0" : Double.toString(number));
    chunk[length++] = '\n';
  }

  void flush() throws IOException {
    out.write(chunk, 0, length);
    length = 0;
  }

  /** Appends what precedes a number, and leaves room for that. */
  private void append(byte[] head, byte[] middle, byte[] tail) throws IOException {
    if (head.length + middle.length + tail.length + NUMBER <= CHUNK - length) {
      copy(head);
      copy(middle);
      copy(tail);
    } else {
      append(head);
      append(middle);
      append(tail);
      if (NUMBER > CHUNK - length) {
        flush();
      }
    }
  }

  private void append(byte[] bytes) throws IOException {
    if (bytes.length > CHUNK - length) {
      flush();
    }
    if (bytes.length > CHUNK) {
      out.write(bytes);
    } else {
      copy(bytes);
    }
  }

  private void copy(byte[] bytes) {
    System.arraycopy(bytes, 0, chunk, length, bytes.length);
    length += bytes.length;
  }

  private void appendAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      chunk[length++] = (byte) text.charAt(i);
    }
  }

  private void appendDigits(int number) {
    int end = length + 1;
    for (int rest = number / 10; rest != 0; rest /= 10) {
      end++;
    }
    int rest = number;
    for (int at = end - 1; at >= length; at--) {
      chunk[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length = end;
  }
}
