package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The live page without a mouse, in a small window, and its contrast. */
@Timeout(180)
class LivePageAccessTest extends LivePageFixture {
  /** The lowest contrast between a text and its background, as WCAG 2 computes it. */
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
        .isEqualTo("4");
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
}
