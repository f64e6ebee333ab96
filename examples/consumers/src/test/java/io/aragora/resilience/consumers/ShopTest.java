package io.aragora.resilience.consumers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.health.endpoint.ShopBrowser;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plays with the sample for Spring Boot as its README says: breaks its supplier, and looks at what shows that. */
class ShopTest {
  private static final Pattern KEY = Pattern.compile("\"impaired_keys\":\\{\"([^\"]+)\"");
  private static final String BREAKER = "/actuator/resilience/keyedcircuitbreaker/supplier";

  private static ShopProcess shop;

  @TempDir
  static Path profile;

  @BeforeAll
  static void start() throws Exception {
    shop = ShopProcess.start(Path.of(System.getProperty("shop.folder")));
  }

  @AfterAll
  static void stop() throws Exception {
    shop.close();
    assertThat(shop.log()).doesNotContain(" ERROR ");
  }

  /** Repairs the supplier and closes its breaker. */
  @BeforeEach
  void repair() throws Exception {
    shop.post("/supplier/FINE", "");
    Matcher key = KEY.matcher(shop.get(BREAKER));
    if (key.find()) {
      String reset = "{\"action\":\"reset\",\"key\":\"" + key.group(1) + "\"}";
      assertThat(shop.post(BREAKER, reset)).startsWith("200");
    }
    assertThat(shop.get("/price/apples")).isEqualTo("200 1.20");
  }

  private static void breakSupplier() throws Exception {
    assertThat(shop.post("/supplier/FAILING", "")).startsWith("200 FAILING");
    for (int i = 0; i < 5; i++) {
      assertThat(shop.get("/price/apples")).isEqualTo("200 1.20 (last known)");
    }
  }

  @Test
  void price_supplierFails_isTheLastKnownWithoutARequest() throws Exception {
    breakSupplier();

    String requests = shop.get("/supplier");
    assertThat(shop.get("/price/apples")).isEqualTo("200 1.20 (last known)");
    assertThat(shop.get("/supplier")).isEqualTo(requests);
  }

  @Test
  void price_supplierIsSlow_isTheLastKnown() throws Exception {
    shop.post("/supplier/SLOW", "");

    assertThat(shop.get("/price/apples")).isEqualTo("200 1.20 (last known)");
  }

  @Test
  void actuator_supplierFails_showsWhyAndStaysUp() throws Exception {
    breakSupplier();

    assertThat(shop.get("/actuator/health"))
        .startsWith("200")
        .contains("\"status\":\"UP\"", "\"status\":\"degraded\"");
    assertThat(shop.get("/actuator/health/liveness")).startsWith("200");
    assertThat(shop.get("/actuator/health/readiness")).startsWith("200");
    assertThat(shop.get("/actuator/resilience")).contains("\"open_count\":1");
    assertThat(shop.get(BREAKER)).contains("\"impaired_keys\":{\"http://127.0.0.1:");
  }

  @Test
  void prometheus_scrape_hasThePolicies() throws Exception {
    breakSupplier();

    shop.get("/actuator/prometheus"); // finds the policies, whose meters appear from then on
    assertThat(shop.get("/actuator/prometheus"))
        .startsWith("200")
        .containsPattern("resilience_keyedcircuitbreaker_\\w+\\{[^}]*name=\"supplier\"")
        .containsPattern("resilience_retry_\\w+\\{[^}]*name=\"supplier\"")
        .containsPattern("resilience_bulkhead_\\w+\\{[^}]*name=\"prices\"");
  }

  @Test
  void livePage_get_isServedOnLoopback() throws Exception {
    URI page = shop.livePage();

    assertThat(page.getHost()).isEqualTo("127.0.0.1");
    assertThat(shop.get(page)).startsWith("200").contains("<html");
  }

  @Test
  void browser_buttonBreaksSupplier_livePageShowsOpenBreaker() throws Exception {
    assumeTrue(ShopBrowser.installed().isPresent(), "no chromium on the path");
    try (ShopBrowser browser = ShopBrowser.start(profile)) {
      browser.open(shop.shop().resolve("/"));
      browser.awaitText("The supplier is FINE");
      browser.click("[data-mode=FAILING]");
      browser.awaitText("The supplier is FAILING");
      browser.click("#buy");
      browser.awaitText("that is all");
      browser.awaitText("1.20 (last known)");

      browser.open(shop.livePage());
      browser.awaitText("supplier › http://127.0.0.1:");
      browser.awaitText("1 open");
    }
  }
}
