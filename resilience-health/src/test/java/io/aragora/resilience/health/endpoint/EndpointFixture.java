package io.aragora.resilience.health.endpoint;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** An endpoint of a scripted runtime. */
abstract class EndpointFixture {
  final FakeRuntime runtime = new FakeRuntime("shop");
  final HttpClient client = HttpClient.newHttpClient();
  HealthEndpoint endpoint = HealthEndpoint.builder().build();
  AutoCloseable attached = () -> {};

  @AfterEach
  void close() throws Exception {
    attached.close();
  }

  void start() throws Exception {
    attached = endpoint.attach(runtime);
  }

  HttpResponse<String> get(String path) throws Exception {
    return send("GET", path);
  }

  HttpResponse<String> send(String method, String path) throws Exception {
    String base = endpoint.uri().toString();
    HttpRequest request = HttpRequest.newBuilder(
            URI.create(base.substring(0, base.length() - 1) + path))
        .method(method, BodyPublishers.noBody())
        .timeout(Duration.ofSeconds(30))
        .build();
    return client.send(request, BodyHandlers.ofString());
  }
}
