package io.aragora.resilience.http.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginTest {
  @ParameterizedTest
  @CsvSource({
    "http://prices, http://prices:80",
    "HTTPS://Prices.example/a?b, https://prices.example:443",
    "http://[::1]:8080/, http://[::1]:8080",
    "http://prices_service, http://prices_service:80",
    "http://Prices_Service:8080/a@b:1, http://prices_service:8080",
    "https://prices_service:/, https://prices_service:443",
    "http://name:password@prices_service:8080/, http://prices_service:8080",
    "http://name@prices_service, http://prices_service:80",
    "http://stock_service:8080, http://stock_service:8080",
    "mailto:shop@shop.example, mailto://null:80",
  })
  void of_address_isSchemeHostAndPort(String address, String origin) {
    assertThat(Origin.of(URI.create(address))).isEqualTo(origin);
  }
}
