package io.aragora.resilience.examples.demo;

import io.aragora.resilience.http.client.HttpStatusException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * Asks by an HTTP client that knows of no policy. An answer of 500 and above is thrown: to {@link HttpClient} it is a response
 * like any other, and the breaker would take it for a success.
 *
 * @param http sends
 * @param request what is sent
 */
record HttpStatusService(HttpClient http, HttpRequest request) implements StatusService {
  private static final int FIRST_SERVER_ERROR = 500;

  @Override
  public int status() throws IOException, InterruptedException {
    HttpResponse<Void> response = http.send(request, BodyHandlers.discarding());
    if (response.statusCode() >= FIRST_SERVER_ERROR) {
      throw HttpStatusException.of(response);
    }
    return response.statusCode();
  }
}
