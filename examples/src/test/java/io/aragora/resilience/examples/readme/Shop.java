package io.aragora.resilience.examples.readme;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** What snippets call that make no demands on it. */
public interface Shop {
  String price(String article) throws IOException;

  default CompletableFuture<String> priceLater(String article) {
    return CompletableFuture.completedFuture("1.20 for " + article);
  }
}
