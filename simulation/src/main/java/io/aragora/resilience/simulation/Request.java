package io.aragora.resilience.simulation;

import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;

/**
 * A request of a simulated call.
 *
 * @param http as a client sends it
 * @param isIdempotent whether it may be repeated although it may have arrived
 * @param isReplayable whether its body can be sent again
 */
record Request(HttpRequest http, boolean isIdempotent, boolean isReplayable) {
  static final List<URI> ORIGINS =
      List.of(URI.create("http://first.example"), URI.create("http://second.example"));

  static Request of(Chance chance) {
    String method = chance.of("GET", "GET", "PUT", "POST", "POST");
    boolean hasKey = method.equals("POST") && chance.percent(30);
    boolean isStream = !method.equals("GET") && chance.percent(20);
    BodyPublisher body = isStream
        ? BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1]))
        : method.equals("GET") ? BodyPublishers.noBody() : BodyPublishers.ofString("body");
    HttpRequest.Builder request = HttpRequest.newBuilder(chance.of(ORIGINS)).method(method, body);
    if (hasKey) {
      request.header("Idempotency-Key", "simulated");
    }
    return new Request(request.build(), hasKey || !method.equals("POST"), !isStream);
  }

  URI uri() {
    return http.uri();
  }
}
