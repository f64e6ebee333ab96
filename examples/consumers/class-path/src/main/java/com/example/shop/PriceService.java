package com.example.shop;

import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import java.io.IOException;

/** The service that the shop calls. Its policies are annotations of the interface. */
public interface PriceService {
  @WithRetry(maxAttempts = 3, delay = "1ms")
  @WithCircuitBreaker("prices")
  String price(String article) throws IOException;
}
