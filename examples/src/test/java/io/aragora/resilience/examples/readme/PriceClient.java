package io.aragora.resilience.examples.readme;

import io.aragora.resilience.policy.Policy;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

// readme: libraries page
public final class PriceClient {
  private final Shop shop;
  private final Policy policy;

  public PriceClient(Shop shop, Policy policy) { // a breaker, a timeout, a whole pipeline
    this.shop = shop;
    this.policy = policy;
  }

  public String price(String article) throws IOException {
    return policy.call(() -> shop.price(article)); // throws what shop throws
  }

  public CompletableFuture<String> priceLater(String article) {
    return policy.callAsync(() -> shop.priceLater(article));
  }
}
// end
