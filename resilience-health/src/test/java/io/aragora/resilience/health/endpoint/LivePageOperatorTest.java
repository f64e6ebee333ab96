package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The operator's buttons of the live page. */
@Timeout(180)
class LivePageOperatorTest extends LivePageFixture {
  @Test
  void operator_withoutTokenInTheEndpoint_thereIsNothingToPress() {
    HealthEndpoint reading = new HealthEndpoint(
        new EndpointSettings("127.0.0.1", 0, true, List.of(), null, null), QUICK);
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
  void operator_withAnotherToken_isRejectedAndAskedAgain() {
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
  @Tag("CH-16")
  void chaos_hasABanner_andIsStoppedByAnOperator() {
    HealthEndpoint other = new HealthEndpoint(
        new EndpointSettings(
            "127.0.0.1", 0, true, List.of(), OperatorToken.of("token", TOKEN), null),
        QUICK);
    try (Resilience shop = Resilience.builder()
        .name("shop")
        .timeSource(time)
        .extension(other)
        .property("resilience.chaos.enabled", "true")
        .build()) {
      Chaos chaos =
          shop.chaos("payments", c -> c.fail(100, () -> new IllegalStateException("chaos")));
      page.navigate(other.uri());
      page.await("document.getElementById('connection').innerText === 'live'");
      page.await("document.querySelector('#card-chaos') !== null");
      assertThat(page.text("String(document.getElementById('chaos').checkVisibility())"))
          .isEqualTo("false");

      shop.chaos().start(Duration.ofMinutes(30));
      page.await(
          "document.getElementById('chaos-says').innerText === 'Chaos is active until 00:30:00:"
              + " payments. Failures are injected on purpose.'");
      assertThatThrownBy(() -> chaos.run(() -> {})).hasMessage("chaos");
      page.await("document.querySelector('#card-chaos tbody').rows[0].cells[1].innerText === '1'");
      assertThat(page.text("String(document.getElementById('chaos-stop').checkVisibility())"))
          .as("without the token")
          .isEqualTo("false");
      assertThat(page.text(OVERFLOW)).isEqualTo("0");

      page.run("document.getElementById('token').focus()");
      page.type(TOKEN);
      page.press("Enter", 13);
      page.await("document.getElementById('chaos-stop').checkVisibility()");
      pressTwice("Stop chaos");
      page.await("!document.getElementById('chaos').checkVisibility()");
      assertThat(shop.chaos().state()).isEqualTo(ChaosState.STOPPED);
      page.await("document.getElementById('operator-says').textContent === 'stop of chaos: done'");
      page.await("document.querySelector('#timeline').innerText.includes('operator')");
      assertThat(page.complaints()).isEmpty();
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
}
