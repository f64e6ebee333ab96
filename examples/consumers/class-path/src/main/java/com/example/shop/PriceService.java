package com.example.shop;

import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import java.io.IOException;

/** What the shop calls. Its policies stand where the calls are declared. */
public interface PriceService {
  @WithRetry(maxAttempts = 3, delay = "1ms")
  @WithCircuitBreaker("prices")
  String price(String article) throws IOException;
}
