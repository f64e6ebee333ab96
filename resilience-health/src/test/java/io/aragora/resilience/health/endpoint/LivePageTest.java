package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The content of the live page. */
@Timeout(180)
class LivePageTest extends LivePageFixture {
  static final Path PICTURES = Path.of("target", "live-page");

  @Test
  void outage_isShownAsItHappens() {
    CircuitBreaker payments = breaker("payments");
    page.navigate(endpoint.uri());
    page.await(state("payments", "closed"));
    assertThat(page.text("document.getElementById('connection').textContent")).isEqualTo("live");

    record(payments, 5, false);
    time.runPending();
    page.await(state("payments", "open"));
    page.await(row("payments", "probes in 30 s"));
    assertThat(page.text("document.title")).isEqualTo("(1 open) shop – resilience");

    reject(payments, 40);
    time.advance(Duration.ofSeconds(10));
    page.await(row("payments", "probes in 20 s"));
    page.await("rowOf('payments').querySelector('progress').value === 20000");
    // 4.0 a second, unless the page was read in the middle of the step: RateMeterTest has the
    // numbers
    page.await("/^[0-9]/.test(rowOf('payments').cells[4].textContent)");
    page.await("rowOf('payments').cells[5].textContent === '40'");

    time.advance(Duration.ofSeconds(20));
    page.await(state("payments", "half-open"));
    record(payments, 1, true);
    time.runPending();
    page.await(row("payments", "1 good, 0 under way"));
    record(payments, 1, true);
    time.runPending();
    page.await(state("payments", "closed"));
    page.await("document.title === 'shop – resilience'");

    page.await("document.querySelectorAll('#timeline li').length === 3");
    assertThat(page.text("[...document.querySelectorAll('#timeline li')].map(li => li.innerText"
            + ".replace(/\\s+/g, ' ')).join('|')"))
        .isEqualTo("00:00:30 payments half-open → closed probes succeeded"
            + "|00:00:30 payments open → half-open cooldown elapsed"
            + "|00:00:00 payments closed → open failure threshold, for 30 s");
    page.await("document.getElementById('announce').textContent.includes('payments is closed')");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void latency_isShownWithItsLastMinute_ofKeysWithTheirKeyedBreaker() {
    CircuitBreaker payments = breaker("payments");
    CircuitBreaker acme = resilience
        .keyedCircuitBreaker("tenants", KeyedCircuitBreakerConfig.of(CONFIG))
        .forKey("acme");
    page.navigate(endpoint.uri());
    page.await(state("payments", "closed"));
    assertThat(page.text(latency("payments", "innerText"))).isEqualTo("–");
    assertThat(page.text("String(" + latency("payments", "firstChild.checkVisibility()") + ")"))
        .isEqualTo("false");

    for (int i = 0; i < 16; i++) {
      payments.run(() -> time.advance(Duration.ofMillis(30)));
    }
    payments.run(() -> time.advance(Duration.ofSeconds(3)));
    acme.run(() -> time.advance(Duration.ofMillis(100)));
    page.await(latency("payments", "innerText") + " === '31 ms · 3.0 s'");
    page.await("document.querySelector('#card-families .now')?.textContent === '92 ms · 92 ms'");
    assertThat(page.text(latency("payments", "firstChild.getAttribute('aria-label')")))
        .isEqualTo("latency: now half of the calls within 31 ms, 95 % within 3.0 s;"
            + " at most 3.0 s in the last minute");
    assertThat(page.text(latency("tenants \u203a acme", "innerText")).strip()).isEqualTo("–");
    page.run("rowOf('payments').querySelector('.name').click()");
    assertThat(page.text("document.querySelector('#rows .detail:not([hidden])').innerText"))
        .contains("half of the calls within 31 ms, 95 % within 3.0 s");

    time.advance(Duration.ofSeconds(1));
    page.await(latency("payments", "innerText") + " === '–'");
    assertThat(page.text(latency("payments", "firstChild.getAttribute('aria-label')")))
        .isEqualTo("latency: now no calls; at most 3.0 s in the last minute");
    for (String path : List.of(".most", ".half")) {
      assertThat(page.text(latency("payments", "querySelector('" + path + "').getAttribute('d')")))
          .as(path)
          .startsWith("M");
    }
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void names_ofAnyKind_areShownAsTheyAre() {
    List<String> names = List.of(
        "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>",
        "quotes \" ' ` \\ & &amp;",
        "two\nlines\tand\rmore\u2028end",
        "\uD83D\uDE00 ключ \u202Eright-to-left",
        "half \uD800 pair",
        "long " + "\uD83D\uDE00".repeat(4_997));
    names.forEach(name -> breaker(name));
    String family = "<b>family</b>";
    resilience
        .keyedCircuitBreaker(family, KeyedCircuitBreakerConfig.of(CONFIG))
        .forKey("<i>key\n\uD83D\uDE00</i>")
        .forceOpen();
    breaker(names.get(0)).forceOpen();
    page.navigate(endpoint.uri());
    page.await("document.querySelectorAll('#rows tr.row').length === 7");
    time.runPending();

    for (String name : names) {
      assertThat(page.text("String([...document.querySelectorAll('#rows .name bdi')]"
              + ".some(bdi => bdi.textContent === " + DevTools.quoted(name) + "))"))
          .as(name)
          .isEqualTo("true");
    }
    assertThat(page.text("[...document.querySelectorAll('#rows .name')].find(name =>"
            + " name.querySelector('.family')).textContent"))
        .isEqualTo("<b>family</b> › <i>key\n\uD83D\uDE00</i>");
    page.await("[...document.querySelectorAll('#timeline .who')].some(who => who.textContent === "
        + DevTools.quoted(names.get(0)) + ")");
    page.run("document.querySelectorAll('#rows .name').forEach(button => button.click())");
    page.await("[...document.querySelectorAll('dd.whole')].some(dd => dd.textContent === "
        + DevTools.quoted(names.get(5)) + ")");
    assertThat(
            page.text(
                "String(document.querySelectorAll('img, #rows script, #rows b, #rows i:not([aria-hidden])').length)"))
        .isEqualTo("0");
    assertThat(page.text("document.title")).isEqualTo("(2 open) shop – resilience");
    page.size(320, 640, true);
    assertThat(page.text(OVERFLOW)).isEqualTo("0");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void policy_stopsWhatIsNotOfThePage() {
    page.navigate(endpoint.uri());
    assertThat(page.text("(() => { try { document.body.innerHTML = '<b>x</b>'; return 'done'; }"
            + " catch (e) { return e.name; } })()"))
        .isEqualTo("TypeError");
    page.run("const image = document.createElement('img');"
        + " image.src = 'http://127.0.0.1:9/x'; document.body.append(image)");

    page.await("document.images.length === 1");
    page.await("window.violations.includes('img-src')");
    assertThat(page.complaints()).anyMatch(text -> text.contains("violates"));
  }

  @Test
  void connection_lost_isReportedAndReplaced() {
    breaker("payments");
    page.navigate(endpoint.uri());
    page.await(state("payments", "closed"));
    int port = endpoint.uri().getPort();

    resilience.close();
    page.await("document.getElementById('connection').textContent === 'disconnected'");
    page.await(
        "document.getElementById('lost').innerText.startsWith('The runtime was closed at ')");
    assertThat(page.text("document.querySelector('#rows .name').innerText")).isEqualTo("payments");

    HealthEndpoint again = new HealthEndpoint(
        new EndpointSettings("127.0.0.1", port, true, List.of(), null, null), QUICK);
    try (Resilience next = runtime(again)) {
      next.circuitBreaker("orders").forceOpen();
      page.await("document.getElementById('connection').textContent === 'live'");
      page.await(state("orders", "forced open"));
      assertThat(page.text("String(document.getElementById('lost').checkVisibility())"))
          .isEqualTo("false");
      assertThat(page.text("String(document.querySelectorAll('#rows tr.row').length)"))
          .isEqualTo("1");
    }
  }

  /** Creates the pictures of the documentation, which are in docs/images. */
  @Test
  void page_isDrawn_forTheDocs() throws Exception {
    Shop.build(resilience, time);
    page.navigate(endpoint.uri());
    page.await("document.querySelectorAll('#rows tr.row').length >= 10");
    Shop.busy(
        resilience,
        time,
        60,
        () -> page.await("document.getElementById('clock').textContent" + " === 'as of "
            + time.wallTime().toString().substring(11, 19) + "'"));
    page.await("document.getElementById('health').textContent === 'degraded'");
    page.size(1280, 900, false);
    page.run("document.querySelectorAll('.name')[1].click()");
    page.screenshot(PICTURES.resolve("live-page.png"));
    page.scheme("dark");
    page.size(1280, 1300, false);
    page.screenshot(PICTURES.resolve("live-page-dark.png"));
    page.run("document.querySelectorAll('.name')[1].click()");
    page.size(390, 1060, true);
    page.screenshot(PICTURES.resolve("live-page-phone.png"));

    for (String name : List.of("live-page.png", "live-page-dark.png", "live-page-phone.png")) {
      assertThat(Files.size(PICTURES.resolve(name))).isBetween(10_000L, 200_000L);
    }
    assertThat(page.complaints()).isEmpty();
  }

  private static void record(CircuitBreaker breaker, int calls, boolean good) {
    for (int i = 0; i < calls; i++) {
      long permit = breaker.acquirePermit();
      if (good) {
        breaker.recordSuccess(permit);
      } else {
        breaker.recordFailure(permit, null);
      }
    }
  }

  private static void reject(CircuitBreaker breaker, int calls) {
    for (int i = 0; i < calls; i++) {
      assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    }
  }

  private static String latency(String name, String what) {
    return "rowOf('" + name + "').querySelector('.latency')." + what;
  }

  private static String row(String name, String text) {
    return "rowOf('" + name + "').innerText.includes('" + text + "')";
  }
}
