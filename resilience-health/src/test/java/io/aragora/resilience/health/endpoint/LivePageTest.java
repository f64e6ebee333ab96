package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The live page in a real browser, against a real runtime whose time the test moves. */
@Timeout(180)
class LivePageTest {
  static final String TOKEN = "correct-horse-battery";
  static final Path PICTURES = Path.of("target", "live-page");
  static final Limits QUICK = new Limits(
      4,
      64,
      Duration.ofSeconds(30),
      8,
      Duration.ofMinutes(10),
      Duration.ofSeconds(1),
      Duration.ofMillis(50));

  @TempDir
  static Path profile;

  private static Chromium chromium;

  private final ManualTime time = ManualTime.create();
  private final HealthEndpoint endpoint = new HealthEndpoint(
      new EndpointSettings("127.0.0.1", 0, true, List.of(), OperatorToken.of("token", TOKEN)),
      QUICK);
  private Resilience resilience;
  private DevTools page;

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
    resilience =
        Resilience.builder().name("shop").timeSource(time).extension(endpoint).build();
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

  @Test
  void picture() throws Exception {
    Shop.build(resilience, time);
    page.navigate(endpoint.uri());
    page.await("document.querySelectorAll('#rows tr.row').length >= 6");
    Shop.busy(resilience, time, () -> {
      page.run("window.seen = document.getElementById('clock').textContent");
      page.await("document.getElementById('clock').textContent === 'as of ' + "
          + DevTools.quoted(time.wallTime().toString().substring(11, 19)));
    });
    page.screenshot(PICTURES.resolve("light.png"));
    page.run("document.querySelector('.name').click()");
    page.scheme("dark");
    page.screenshot(PICTURES.resolve("dark.png"));
    page.size(390, 844, true);
    page.screenshot(PICTURES.resolve("phone.png"));
    assertThat(page.complaints()).isEmpty();
  }
}
