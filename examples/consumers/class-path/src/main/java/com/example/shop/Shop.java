package com.example.shop;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.health.endpoint.HealthEndpoint;
import io.aragora.resilience.http.client.ResilientHttpClient;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Uses every artifact once: an annotated service, the HTTP client, the endpoint with its page of metrics, and a store,
 * where it leaves a breaker open. The argument is the location of the state, by default {@code sqlite:target/shop.db}.
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
      System.out.println("runtime named: " + resilience.getClass().getModule().isNamed());
      System.out.println("checks: " + resilience.health().names());

      CircuitBreaker prices = resilience.circuitBreaker("prices");
      System.out.println("prices: " + prices.state());
      prices.reset();
      PriceService service = resilience.proxy(PriceService.class, flaky());
      System.out.println("apples: " + service.price("apples"));
      prices.forceOpen();

      HttpRequest metrics = HttpRequest.newBuilder(
              resilience.extension(HealthEndpoint.class).orElseThrow().uri().resolve("/metrics"))
          .build();
      System.out.println("metrics: "
          + client
              .send(metrics, HttpResponse.BodyHandlers.ofLines())
              .body()
              .filter(line -> line.startsWith("resilience_circuit_breaker_state{name=\"prices\""))
              .findFirst()
              .orElseThrow());
    }
  }

  /** Fails once, then answers. */
  private static PriceService flaky() {
    AtomicInteger calls = new AtomicInteger();
    return article -> {
      int call = calls.incrementAndGet();
      if (call == 1) {
        throw new IOException("the shop is being restocked");
      }
      return "1.20, at attempt " + call;
    };
  }
}
