package io.aragora.resilience.health.endpoint;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.health.server.Limits;
import io.aragora.resilience.testing.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The live page in a real browser, against a real runtime whose time the test moves. */
@Tag("any-jdk")
abstract class LivePageFixture {
  static final String TOKEN = "correct-horse-battery";

  static final Limits QUICK = new Limits(
      80,
      Duration.ofSeconds(30),
      Duration.ofSeconds(30),
      Duration.ofMillis(1),
      8,
      Duration.ofMinutes(10),
      Duration.ofSeconds(1),
      Duration.ofMillis(50));

  static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(5)
      .successThreshold(2)
      .cooldown(Duration.ofSeconds(30))
      .build();

  /** The width of the page beyond its window. */
  static final String OVERFLOW =
      "String(Math.max(0, document.documentElement.scrollWidth - window.innerWidth))";

  @TempDir
  static Path profile;

  static Chromium chromium;

  final ManualTime time = ManualTime.create();
  final HealthEndpoint endpoint = new HealthEndpoint(
      new EndpointSettings("127.0.0.1", 0, true, List.of(), OperatorToken.of("token", TOKEN), null),
      QUICK);

  Resilience resilience;
  DevTools page;

  @BeforeAll
  static void startBrowser() throws Exception {
    Optional<Path> browser = Chromium.installed();
    assumeTrue(
        browser.isPresent(),
        "the live page is not tested: no chromium on the path (apt-get install chromium)");
    chromium = Chromium.start(browser.get(), profile);
  }

  @AfterAll
  static void endBrowser() throws Exception {
    if (chromium != null) {
      chromium.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    resilience = runtime(endpoint);
    page = chromium.open();
    page.timeZone("UTC");
    page.size(1280, 800, false);
  }

  @AfterEach
  void close() {
    if (page != null) {
      page.close();
    }
    if (resilience != null) {
      resilience.close();
    }
  }

  Resilience runtime(HealthEndpoint with) {
    return Resilience.builder().name("shop").timeSource(time).extension(with).build();
  }

  CircuitBreaker breaker(String name) {
    return resilience.circuitBreaker(name, CONFIG);
  }

  /** The condition that a breaker is shown in a state. */
  static String state(String name, String state) {
    return "rowOf('" + name + "').querySelector('.state').innerText === '" + state + "'";
  }
}
