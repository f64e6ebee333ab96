package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.fuzz.Shown;
import io.aragora.resilience.http.internal.Origin;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Answers of servers, and addresses. */
class AnswersFuzzTest {
  private static final int LONGEST_MESSAGE = 200;

  /** A summary has a status, and a message of at most 200 characters that a log line can contain. */
  @FuzzTest
  void summary(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    int status = fields.below(1000);
    String body = fields.text();
    Map<String, String> members = new LinkedHashMap<>();
    while (fields.hasMore()) {
      members.put(fields.text(), fields.text());
    }
    check(status, body, HttpErrorClassifier.DEFAULT.classify(status, null, body));
    check(status, members.toString(), HttpErrorClassifier.DEFAULT.classify(status, null, members));
  }

  private static void check(int status, String body, HttpErrorInfo info) {
    assertThat(info.status()).isEqualTo(status);
    assertThat(info.message()).isNotBlank().hasSizeLessThanOrEqualTo(LONGEST_MESSAGE);
    if (!Shown.hasHalfPair(body)) {
      assertThat(Shown.hasHalfPair(info.message())).isFalse();
    }
  }

  /** An origin is a scheme, a host and a port: no user, password or path, which may be confidential. */
  @FuzzTest
  void origin(byte[] input) {
    URI address;
    try {
      address = new URI(new FuzzInput(input).restAsText());
    } catch (URISyntaxException e) {
      return;
    }
    String origin = Origin.of(address);
    assertThat(origin).matches("(?s)[a-z0-9+.-]+://[^@/?#]+:[0-9]{1,10}");
    assertThat(origin).isEqualTo(origin.toLowerCase(Locale.ROOT));
    if (address.getHost() != null && address.getScheme() != null) {
      int port = address.getPort() >= 0
          ? address.getPort()
          : address.getScheme().equalsIgnoreCase("https") ? 443 : 80;
      assertThat(origin)
          .isEqualTo(
              (address.getScheme() + "://" + address.getHost() + ":").toLowerCase(Locale.ROOT)
                  + port);
    }
  }
}
