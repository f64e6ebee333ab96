package com.example.shop;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.http.client.ResilientHttpClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * Uses every module once: calls its own health and metrics pages through the HTTP client, and leaves a breaker open in the
 * store, which the next run finds open. The argument is the location of the state, by default {@code sqlite:target/shop.db}.
 */
public final class Shop {
  private Shop() {}

  public static void main(String[] arguments) throws Exception {
    String location = arguments.length > 0 ? arguments[0] : "sqlite:target/shop.db";
    try (Resilience resilience = Resilience.builder()
            .name("shop")
            .stateStore(location)
            .property("resilience.endpoint.port", "0")
            .build();
        ResilientHttpClient client = ResilientHttpClient.builder(resilience).build()) {
      System.out.println("runtime: " + resilience.getClass().getModule());
      System.out.println("checks: " + resilience.health().names());

      CircuitBreaker prices = resilience.circuitBreaker("prices");
      System.out.println("prices: " + prices.state());
      prices.forceOpen();

      URI endpoint = resilience.extension(HealthEndpoint.class).orElseThrow().uri();
      System.out.println("ready: " + get(client, endpoint.resolve("/health/ready")));
      String metrics = get(client, endpoint.resolve("/metrics"));
      System.out.println("metrics: "
          + metrics
              .lines()
              .filter(line -> line.startsWith("resilience_circuit_breaker_state{name=\"prices\""))
              .findFirst()
              .orElseThrow());
    }
  }

  private static String get(HttpClient client, URI page) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(page).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body().strip();
  }
}
