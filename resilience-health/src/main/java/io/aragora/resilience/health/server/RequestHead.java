package io.aragora.resilience.health.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The head of a request, parsed strictly: a head that HTTP/1.1 does not allow, or that servers are known to read
 * differently, is an error. At most {@value #MOST_BYTES} bytes and {@value #MOST_HEADERS} headers.
 *
 * @param method as it was sent
 * @param path without the query, not decoded
 * @param headers by their names in lower case
 * @param length the length of the body; 0 if none was announced
 * @param rest the bytes read beyond the head, one character per byte
 */
record RequestHead(
    String method, String path, Map<String, List<String>> headers, long length, String rest) {
  static final int MOST_BYTES = 16 * 1024;
  static final int MOST_HEADERS = 100;

  // Possessive, so that a match takes linear time for every text.
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";
  private static final Pattern REQUEST_LINE = Pattern.compile(
      "(" + TOKEN + ") (?:[Hh][Tt][Tt][Pp][Ss]?://[^/?# ]+)?(/[\\x21-\\x7e]*) HTTP/1\\.[0-9]");
  private static final Pattern OTHER_VERSION = Pattern.compile(".* HTTP/[02-9][.0-9]*");
  private static final Pattern HEADER =
      Pattern.compile("(" + TOKEN + "):[ \\t]*+([\\x20-\\x7e\\x80-\\xff\\t]*+)");
  private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

  /**
   * Reads a head.
   *
   * @throws BadRequest if the head is invalid
   * @throws IOException if the client ends before, or was cut off
   */
  static RequestHead read(InputStream in) throws IOException {
    byte[] bytes = new byte[MOST_BYTES];
    int count = 0;
    int end;
    while ((end = end(bytes, count)) < 0) {
      if (count == bytes.length) {
        throw new BadRequest(431, "the head must have at most " + MOST_BYTES + " bytes");
      }
      int read = in.read(bytes, count, bytes.length - count);
      if (read < 0) {
        throw new EOFException("the client closed the connection before the end of its request");
      }
      count += read;
    }
    return parse(
        new String(bytes, 0, end, ISO_8859_1), new String(bytes, end, count - end, ISO_8859_1));
  }

  /** Returns the index after the empty line that ends the head; negative while there is none. */
  private static int end(byte[] bytes, int count) {
    int lineBegin = 0;
    boolean begun = false;
    for (int i = 0; i < count; i++) {
      if (bytes[i] == '\n') {
        boolean empty = i == lineBegin || (i == lineBegin + 1 && bytes[lineBegin] == '\r');
        if (empty && begun) {
          return i + 1;
        }
        begun |= !empty; // empty lines before a request are skipped
        lineBegin = i + 1;
      }
    }
    return -1;
  }

  private static RequestHead parse(String text, String rest) throws BadRequest {
    List<String> lines = Stream.of(text.split("\n"))
        .map(line -> line.endsWith("\r") ? line.substring(0, line.length() - 1) : line)
        .filter(line -> !line.isEmpty())
        .toList();
    String first = lines.get(0);
    Matcher request = REQUEST_LINE.matcher(first);
    if (!request.matches()) {
      throw OTHER_VERSION.matcher(first).matches()
          ? new BadRequest(505, "the version must be HTTP/1.1 or HTTP/1.0")
          : new BadRequest(400, "the request line is not valid HTTP/1.1");
    }
    Map<String, List<String>> headers = new HashMap<>();
    List<String> fields = lines.subList(1, lines.size());
    if (fields.size() > MOST_HEADERS) {
      throw new BadRequest(431, "there must be at most " + MOST_HEADERS + " headers");
    }
    for (String line : fields) {
      Matcher header = HEADER.matcher(line);
      if (!header.matches()) {
        throw new BadRequest(400, "a header is not valid HTTP/1.1");
      }
      headers
          .computeIfAbsent(header.group(1).toLowerCase(Locale.ROOT), name -> new ArrayList<>(1))
          .add(header.group(2).trim());
    }
    String target = request.group(2);
    int query = target.indexOf('?');
    return new RequestHead(
        request.group(1),
        query < 0 ? target : target.substring(0, query),
        headers,
        length(headers),
        rest);
  }

  private static long length(Map<String, List<String>> headers) throws BadRequest {
    if (headers.containsKey("transfer-encoding")) {
      throw new BadRequest(411, "a body must have a Content-Length and no Transfer-Encoding");
    }
    List<String> lengths = headers.get("content-length");
    if (lengths == null) {
      return 0;
    }
    if (lengths.size() != 1 || !LENGTH.matcher(lengths.get(0)).matches()) {
      throw new BadRequest(400, "the Content-Length must be one number");
    }
    return Long.parseLong(lengths.get(0));
  }
}
