package io.aragora.resilience.simulation;

import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * What a simulated server answered: how the body of a call ended, as HTTP says it.
 *
 * @param number its place among all answers, which is also the text of its body
 * @param statusCode the status
 * @param headers the headers
 * @param outcome what the body of the call returned or threw
 * @param parts the number of parts in which the body of the answer arrives
 */
record Answer(int number, int statusCode, HttpHeaders headers, Object outcome, int parts)
    implements HttpResponse.ResponseInfo {
  /** More than the client holds of a body. */
  private static final int LONG_PART = 40_000;

  static HttpHeaders headers(Map<String, String> values) {
    Map<String, List<String>> all = new java.util.TreeMap<>();
    values.forEach((name, value) -> all.put(name, List.of(value)));
    return HttpHeaders.of(all, (name, value) -> true);
  }

  /** Returns the parts of the body: its number, and spaces. */
  Deque<ByteBuffer> body() {
    Deque<ByteBuffer> body = new ArrayDeque<>();
    String text = String.valueOf(number);
    for (int i = 0; i < parts; i++) {
      String part = i == 0 ? text : " ".repeat(LONG_PART);
      body.add(ByteBuffer.wrap(part.getBytes(StandardCharsets.UTF_8)).asReadOnlyBuffer());
    }
    return body;
  }

  @Override
  public HttpClient.Version version() {
    return HttpClient.Version.HTTP_1_1;
  }
}
