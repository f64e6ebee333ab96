package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

  private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(5)
      .successThreshold(2)
      .cooldown(Duration.ofSeconds(30))
      .build();
  /** By how much the page is wider than its window. */
  private static final String OVERFLOW =
      "String(Math.max(0, document.documentElement.scrollWidth - window.innerWidth))";
  /** The least contrast of a text and what is behind it, as WCAG 2 computes it. */
  private static final String LEAST_CONTRAST = "(() => {"
      + " const light = colour => { const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => {"
      + "   v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });"
      + "   return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"
      + " const back = node => { for (; node; node = node.parentElement) {"
      + "   const colour = getComputedStyle(node).backgroundColor;"
      + "   if (!/, 0\\)$/.test(colour)) return colour; } return 'rgb(255, 255, 255)'; };"
      + " let least = 21;"
      + " for (const node of document.querySelectorAll('body *')) {"
      + "   if (!node.checkVisibility() || ![...node.childNodes].some(c => c.nodeType === 3 && c.data.trim())) continue;"
      + "   const a = light(getComputedStyle(node).color), b = light(back(node));"
      + "   least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)); }"
      + " return least; })()";

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
    page.await("rowOf('payments').cells[4].textContent === '4.0'"); // 40 rejections in 10 s
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
  void keyboard_reachesEverythingInOrderAndShowsWhereItIs() {
    breaker("a");
    breaker("b");
    page.navigate(endpoint.uri());
    page.await(state("b", "closed"));

    List<String> order = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      page.press("Tab", 9);
      order.add(page.text("document.activeElement.id || document.activeElement.innerText"));
      assertThat(page.text("getComputedStyle(document.activeElement).outlineStyle + ' '"
              + " + getComputedStyle(document.activeElement).outlineWidth"))
          .as(order.get(i))
          .isEqualTo("solid 3px");
    }
    assertThat(order.subList(0, 5))
        .containsExactly("Skip to the breakers", "token", "token-button", "a", "b");

    page.run("document.querySelectorAll('#rows .name')[1].focus()");
    page.press("Enter", 13);
    assertThat(page.text("document.activeElement.getAttribute('aria-expanded')"))
        .isEqualTo("true");
    assertThat(page.text("String(document.getElementById(document.activeElement"
            + ".getAttribute('aria-controls')).hidden)"))
        .isEqualTo("false");

    breaker("b").forceOpen(); // its row moves to the top, and the focus with it
    time.runPending();
    page.await("document.querySelector('#rows tr.row .name').innerText === 'b'");
    assertThat(page.text("document.activeElement.innerText")).isEqualTo("b");
    page.press(" ", 32);
    assertThat(page.text("document.activeElement.getAttribute('aria-expanded')"))
        .isEqualTo("false");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void table_hasItsMeaningOnAPhoneToo() {
    breaker("a");
    page.size(390, 844, true);
    page.navigate(endpoint.uri());
    page.await(state("a", "closed"));

    assertThat(page.text("['table', 'rowgroup', 'columnheader', 'row', 'rowheader', 'cell']"
            + ".map(role => document.querySelectorAll('.breakers [role=' + role + '],"
            + " .breakers[role=' + role + ']').length).join()"))
        .isEqualTo("1,2,8,3,1,8");
    assertThat(page.text("String(document.querySelectorAll('[aria-live], [role=status]').length)"))
        .isEqualTo("3");
    assertThat(page.text("document.querySelector('#rows svg').getAttribute('aria-label')"))
        .startsWith("calls and rejections a second: now ");
  }

  @Test
  void phone_nothingReachesBeyondItsEdge() {
    Shop.build(resilience, time);
    Shop.busy(resilience, time, 12, () -> {});
    for (int width : new int[] {320, 390, 768, 880, 881, 1199, 1200, 1280}) {
      page.size(width, 800, width < 700);
      page.navigate(endpoint.uri());
      page.await("document.querySelectorAll('#rows tr.row').length >= 10");
      page.run("document.querySelectorAll('#rows .name').forEach(button => button.click())");
      assertThat(page.text(OVERFLOW)).as("at " + width).isEqualTo("0");
    }
  }

  @Test
  void colours_inTheDarkAndInTheLight_canBeReadAndFollowTheSystem() {
    Shop.build(resilience, time);
    page.navigate(endpoint.uri());
    page.await("document.querySelectorAll('#rows tr.row').length >= 10");
    Shop.busy(resilience, time, 50, () -> {});
    page.await("document.querySelectorAll('#timeline li').length >= 5");

    page.scheme("light");
    assertThat(page.text("getComputedStyle(document.body).backgroundColor"))
        .isEqualTo("rgb(245, 246, 248)");
    assertThat(Double.parseDouble(page.text(LEAST_CONTRAST))).isGreaterThanOrEqualTo(4.5);
    page.scheme("dark");
    assertThat(page.text("getComputedStyle(document.body).backgroundColor"))
        .isEqualTo("rgb(16, 21, 27)");
    assertThat(Double.parseDouble(page.text(LEAST_CONTRAST))).isGreaterThanOrEqualTo(4.5);
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
  void operator_withoutTokenInTheEndpoint_thereIsNothingToPress() {
    HealthEndpoint reading =
        new HealthEndpoint(new EndpointSettings("127.0.0.1", 0, true, List.of(), null), QUICK);
    try (Resilience other = runtime(reading)) {
      other.circuitBreaker("payments");
      page.navigate(reading.uri());
      page.await(state("payments", "closed"));
      page.run("document.querySelector('#rows .name').click()");

      assertThat(page.text("String(document.getElementById('operator').checkVisibility())"))
          .isEqualTo("false");
      assertThat(page.text("String(document.querySelector('.controls').checkVisibility())"))
          .isEqualTo("false");
      assertThat(page.text("fetch('control/force-open', {method: 'POST', headers: {'Content-Type':"
              + " 'application/json', 'Authorization': 'Bearer " + TOKEN + "'}, body:"
              + " '{\"name\":\"payments\"}'}).then(answer => answer.status)"))
          .isEqualTo("403");
      assertThat(other.circuitBreaker("payments").state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  void operator_withToken_forcesAndResetsByKeyboard() {
    CircuitBreaker payments = breaker("payments");
    page.navigate(endpoint.uri());
    page.await(state("payments", "closed"));
    page.run("document.querySelector('#rows .name').click()");
    assertThat(page.text("String(document.querySelector('.controls').checkVisibility())"))
        .isEqualTo("false");

    giveToken(TOKEN);
    press("Force open");
    assertThat(page.text("document.activeElement.innerText"))
        .isEqualTo("Force open: press again to confirm");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);
    page.press("Escape", 27);
    assertThat(page.text("document.activeElement.innerText")).isEqualTo("Force open");
    pressTwice("Force open");
    page.await(state("payments", "forced open"));
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    page.await("document.getElementById('operator-says').textContent"
        + " === 'force open of payments: done'");
    page.await("document.querySelector('#timeline').innerText.includes('operator')");

    pressTwice("Force closed");
    page.await(state("payments", "closed"));
    payments.forceOpen();
    page.await(state("payments", "forced open"));
    pressTwice("Reset");
    page.await(state("payments", "closed"));
    time.runPending();
    page.await("[...document.querySelectorAll('#timeline li')].filter(li =>"
        + " li.innerText.includes('operator')).length === 3");
    assertThat(page.complaints()).isEmpty();
  }

  @Test
  void operator_withAnotherToken_isRefusedAndAskedAgain() {
    CircuitBreaker payments = breaker("payments");
    page.navigate(endpoint.uri());
    page.await(state("payments", "closed"));
    page.run("document.querySelector('#rows .name').click()");

    giveToken("not-the-right-token");
    pressTwice("Force open");

    page.await("document.getElementById('operator-says').textContent"
        + " === 'force open of payments: the operator token is missing or wrong'");
    assertThat(payments.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(page.text("String(document.getElementById('token').checkVisibility())"))
        .isEqualTo("true");
  }

  @Test
  void connection_lost_isToldAndComesBackByItself() {
    breaker("payments");
    page.navigate(endpoint.uri());
    page.await(state("payments", "closed"));
    int port = endpoint.uri().getPort();

    resilience.close();
    page.await("document.getElementById('connection').textContent === 'disconnected'");
    page.await(
        "document.getElementById('lost').innerText.startsWith('The runtime was closed at ')");
    assertThat(page.text("document.querySelector('#rows .name').innerText")).isEqualTo("payments");

    HealthEndpoint again =
        new HealthEndpoint(new EndpointSettings("127.0.0.1", port, true, List.of(), null), QUICK);
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

  /** Makes the pictures of the documentation, which are in docs/images. */
  @Test
  void pictures() throws Exception {
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

  private Resilience runtime(HealthEndpoint with) {
    return Resilience.builder().name("shop").timeSource(time).extension(with).build();
  }

  private CircuitBreaker breaker(String name) {
    return resilience.circuitBreaker(name, CONFIG);
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

  private void giveToken(String token) {
    page.run("document.getElementById('token').focus()");
    page.type(token);
    page.press("Enter", 13);
    page.await("document.querySelector('.controls').checkVisibility()");
    assertThat(page.text("document.getElementById('token').value")).isEmpty();
  }

  private void pressTwice(String button) {
    press(button);
    page.press("Enter", 13);
  }

  private void press(String button) {
    page.run("[...document.querySelectorAll('button.act')].find(button => button.innerText === '"
        + button + "').focus()");
    page.press("Enter", 13);
  }

  /** The condition that a breaker is shown in a state. */
  private static String state(String name, String state) {
    return "rowOf('" + name + "').querySelector('.state').innerText === '" + state + "'";
  }

  private static String latency(String name, String what) {
    return "rowOf('" + name + "').querySelector('.latency')." + what;
  }

  private static String row(String name, String text) {
    return "rowOf('" + name + "').innerText.includes('" + text + "')";
  }
}
