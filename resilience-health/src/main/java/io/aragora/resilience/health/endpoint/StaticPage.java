package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.health.server.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;

/** The live page: one HTML file that contains its style and script, the only ones that its policy allows. */
final class StaticPage {
  private static final String FILE = "live.html";

  private StaticPage() {}

  /** Reads the page from the module. */
  static Answer load() throws IOException {
    byte[] file;
    try (InputStream stream = StaticPage.class.getResourceAsStream(FILE)) {
      if (stream == null) {
        throw new IOException(FILE + " is missing from the artifact resilience-health");
      }
      file = stream.readAllBytes();
    }
    return new Answer(200, "text/html; charset=utf-8", file)
        .with("Content-Security-Policy", policy(new String(file, UTF_8)))
        .with("Cross-Origin-Opener-Policy", "same-origin")
        .with("X-Frame-Options", "DENY");
  }

  /**
   * Returns the content policy: it allows this style, this script and connections to the endpoint; no other source, no
   * frame, no form, no HTML from text.
   */
  private static String policy(String page) {
    return "default-src 'none'; style-src " + hash(page, "style") + "; script-src "
        + hash(page, "script") + "; img-src data:; connect-src 'self'; base-uri 'none';"
        + " form-action 'none'; frame-ancestors 'none'; trusted-types 'none';"
        + " require-trusted-types-for 'script'";
  }

  private static String hash(String page, String element) {
    int begin = page.indexOf("<" + element + ">") + element.length() + 2;
    String content = page.substring(begin, page.indexOf("</" + element + ">", begin));
    return "'sha256-" + Base64.getEncoder().encodeToString(Sha256.of(content)) + "'";
  }
}
