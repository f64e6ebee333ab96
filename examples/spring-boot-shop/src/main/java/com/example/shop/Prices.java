package com.example.shop;

import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithFallback;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Service;
import org.springframework.web.client.RestClient;

/** The prices of the supplier. Its client is protected by the settings {@code resilience.http} of application.yaml. */
@Service
class Prices {
  private final RestClient client;
  private final Map<String, String> lastKnown = new ConcurrentHashMap<>();

  Prices(RestClient.Builder builder, Supplier supplier) {
    client = builder.baseUrl(supplier.url()).build();
  }

  /** Returns the price of an article; the last one that is known if the supplier does not answer. */
  @WithBulkhead("prices")
  @WithFallback("lastPrice")
  public String price(String article) {
    String price = client.get().uri("/prices/{article}", article).retrieve().body(String.class);
    if (price != null && lastKnown.size() < 1_000) {
      lastKnown.put(article, price);
    }
    return price;
  }

  /** The fallback of {@link #price}. */
  public String lastPrice(String article) {
    return lastKnown.getOrDefault(article, "unknown") + " (last known)";
  }
}
