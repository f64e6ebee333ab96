package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.model.snapshots.Labels;
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

  /** The last number with a text of its own: breakers of one kind often have the same failure rate. */
  private long lastBits;

  private String lastText = "0.0";

  TextLines(OutputStream out) {
    this.out = out;
  }

  /** Returns a label with its value, escaped. */
  static byte[] label(String name, String value) {
    StringBuilder text = new StringBuilder();
    appendLabel(name, value, text);
    return text.toString().getBytes(UTF_8);
  }

  private static void appendLabel(String name, String value, StringBuilder text) {
    text.append(name).append("=\"");
    for (int i = 0; i < value.length(); i++) {
      char next = value.charAt(i);
      switch (next) {
        case '\\' -> text.append("\\\\");
        case '"' -> text.append("\\\"");
        case '\n' -> text.append("\\n");
        default -> text.append(next);
      }
    }
    text.append('"');
  }

  /**
   * What stands between the names of two lines that follow each other: the end of the labels, a number, and the beginning of the
   * next line. Most numbers have one digit, so that all of it is copied at once.
   */
  static final class Joint {
    private final byte[] end;
    private final byte[] begin;
    private final byte[] whole;

    /**
     * Creates the text between two names.
     *
     * @param end from the name to the number
     * @param begin from the start of the next line to its name
     */
    Joint(String end, String begin) {
      this.end = end.getBytes(UTF_8);
      this.begin = begin.getBytes(UTF_8);
      this.whole = (end + "0.0\n" + begin).getBytes(UTF_8);
    }
  }

  /** Writes a line without a number. */
  void write(String line) throws IOException {
    append((line + "\n").getBytes(UTF_8));
  }

  /** Writes the beginning of the first of several lines. {@link #end} follows the last one. */
  void begin(String text) throws IOException {
    append(text.getBytes(UTF_8));
  }

  /** Takes back the beginning of a line. It was the last that was written, as one piece. */
  void end(String text) {
    length -= text.getBytes(UTF_8).length;
  }

  /** Writes a name, the rest of its line, and the beginning of the next one. */
  void write(BreakerNames names, int at, Joint joint, long count) throws IOException {
    int from = names.begin(at);
    int size = names.begin(at + 1) - from;
    byte[] whole = joint.whole;
    if (count >= 0 && count < 10 && size + whole.length <= CHUNK - length) {
      copy(names.texts(), from, size);
      int digit = length + joint.end.length;
      copy(whole, 0, whole.length);
      chunk[digit] += (byte) count;
    } else {
      append(names.texts(), from, size);
      append(joint.end);
      number(count);
      append(joint.begin);
    }
  }

  /** Writes a name, the rest of its line, and the beginning of the next one. */
  void write(BreakerNames names, int at, Joint joint, double number) throws IOException {
    if (Double.doubleToRawLongBits(number) == 0) {
      write(names, at, joint, 0L);
    } else {
      int from = names.begin(at);
      append(names.texts(), from, names.begin(at + 1) - from);
      append(joint.end);
      number(number);
      append(joint.begin);
    }
  }

  /** Writes a line of any labels. */
  void write(String family, Labels labels, double number) throws IOException {
    StringBuilder line = new StringBuilder(family);
    char separator = '{';
    for (int i = 0; i < labels.size(); i++) {
      line.append(separator);
      appendLabel(labels.getPrometheusName(i), labels.getValue(i), line);
      separator = ',';
    }
    append(line.append("} ").toString().getBytes(UTF_8));
    if (number >= 0 && number < FIRST_WITH_EXPONENT && number == (int) number) {
      number((long) number);
    } else {
      number(number);
    }
  }

  void flush() throws IOException {
    out.write(chunk, 0, length);
    length = 0;
  }

  /** Appends a count and a line break. */
  private void number(long count) throws IOException {
    if (NUMBER > CHUNK - length) {
      flush();
    }
    if (count < 0 || count >= FIRST_WITH_EXPONENT) {
      appendAscii(Double.toString((double) count));
    } else {
      appendDigits((int) count);
      chunk[length++] = '.';
      chunk[length++] = '0';
    }
    chunk[length++] = '\n';
  }

  /** Appends a number and a line break. */
  private void number(double number) throws IOException {
    if (NUMBER > CHUNK - length) {
      flush();
    }
    long bits = Double.doubleToRawLongBits(number);
    if (bits != lastBits) {
      lastText = Double.toString(number);
      lastBits = bits;
    }
    appendAscii(lastText);
    chunk[length++] = '\n';
  }

  private void append(byte[] bytes) throws IOException {
    append(bytes, 0, bytes.length);
  }

  private void append(byte[] bytes, int from, int size) throws IOException {
    if (size > CHUNK - length) {
      flush();
    }
    if (size > CHUNK) {
      out.write(bytes, from, size);
    } else {
      copy(bytes, from, size);
    }
  }

  private void copy(byte[] bytes, int from, int size) {
    System.arraycopy(bytes, from, chunk, length, size);
    length += size;
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
