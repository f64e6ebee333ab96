package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.health.server.Answer;
import java.security.MessageDigest;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class StaticPageTest {
  @Test
  void policy_allowsThisStyleAndThisScriptOnly() throws Exception {
    Answer page = StaticPage.load();

    assertThat(page.headers().get("Content-Security-Policy"))
        .isEqualTo("default-src 'none'; style-src 'sha256-" + hash("<style>", "</style>")
            + "'; script-src 'sha256-" + hash("<script>", "</script>")
            + "'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'; trusted-types 'none'; require-trusted-types-for 'script'");
    assertThat(page.headers()).containsEntry("X-Frame-Options", "DENY");
  }

  @Test
  void page_oneFileWithNothingFromOutside() throws Exception {
    assertThat(text().replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain(
            "http:", "https:", "//cdn", " src=", "@import", "url(", " style=", " onclick=")
        .doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(")
        .containsOnlyOnce("<style>")
        .containsOnlyOnce("<script>");
  }

  private static String hash(String begin, String end) throws Exception {
    String text = text();
    String content = text.substring(text.indexOf(begin) + begin.length(), text.indexOf(end));
    return Base64.getEncoder()
        .encodeToString(MessageDigest.getInstance("SHA-256").digest(content.getBytes(UTF_8)));
  }

  private static String text() throws Exception {
    return StaticPage.load().text();
  }
}
