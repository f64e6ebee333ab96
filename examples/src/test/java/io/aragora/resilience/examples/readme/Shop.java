package io.aragora.resilience.examples.readme;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** What a library calls, for {@link PriceClient}. */
public interface Shop {
  String price(String article) throws IOException;

  CompletableFuture<String> priceLater(String article);
}
