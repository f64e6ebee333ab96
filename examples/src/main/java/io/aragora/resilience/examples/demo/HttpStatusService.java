package io.aragora.resilience.examples.demo;

import io.aragora.resilience.http.client.HttpStatusException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/**
 * Sends requests by an HTTP client without policies. It throws on a status of 500 and above: to {@link HttpClient} that
 * is a normal response, and the breaker would count it as a success.
 *
 * @param http the client
 * @param request the request
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
