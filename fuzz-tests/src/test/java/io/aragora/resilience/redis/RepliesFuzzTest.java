package io.aragora.resilience.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.fuzz.Shown;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStoreException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.UUID;

/** Replies of a server, which may be another one, and locations. */
class RepliesFuzzTest {
  private static final int MOST_OF_ERROR = 600;
  private static final RedisLocation LOCATION = RedisLocation.parse("redis://localhost");

  /** A reply is a lease within what was asked for, or an error. */
  @FuzzTest
  void lease(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    int wanted = fields.below(1_000_000);
    byte[] reply = fields.rest();
    QuotaRequest request = QuotaRequest.builder()
        .quota("shop")
        .settings("limit=10")
        .instance(new UUID(1, 2))
        .limit(10)
        .period(Duration.ofSeconds(1))
        .burst(10)
        .wanted(wanted)
        .build();
    try {
      QuotaLease lease = LeaseScript.lease(request, LOCATION, reply);
      assertThat(lease.granted()).isBetween(0, wanted);
      assertThat(lease.left()).isFinite();
      assertThat(lease.instances()).isBetween(1, LeaseScript.MAX_INSTANCES);
      assertThat(lease.otherSettings() == null || lease.granted() == 0).isTrue();
      assertThat(new String(reply, UTF_8))
          .startsWith(lease.granted() == 0 ? "0" : "")
          .contains(" " + lease.instances() + " ");
    } catch (QuotaStoreException e) {
      Shown.isOneLine(e.getMessage(), MOST_OF_ERROR);
    }
  }

  /** Two names have the same keys only if they are the same. A cluster has both keys of a quota on one node. */
  @FuzzTest
  void keys(byte[] input) throws QuotaStoreException {
    FuzzInput fields = new FuzzInput(input);
    String one = fields.text();
    String two = fields.text();
    if (Math.max(one.length(), two.length()) > LeaseScript.MAX_NAME) {
      return;
    }
    String key = new String(LeaseScript.keys("resilience", one)[0], US_ASCII);
    assertThat(key.equals(new String(LeaseScript.keys("resilience", two)[0], US_ASCII)))
        .isEqualTo(one.equals(two));
    assertThat(key).matches("resilience:\\{=[!-~&&[^{}]]*}:quota");
    assertThat(new String(LeaseScript.keys("resilience", one)[1], US_ASCII))
        .isEqualTo(key.replaceAll("quota$", "instances"));
  }

  /** A location connects with what it says, or an error says what is wrong. Neither shows a password. */
  @FuzzTest
  void location(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    String secret = "5ecret";
    String location = fields.text() + secret + fields.text() + "@" + fields.restAsText();
    String shown;
    try {
      RedisLocation parsed = RedisLocation.parse(location);
      shown = parsed.toString();
      assertThat(parsed.timeout()).isBetween(Duration.ofMillis(10), Duration.ofSeconds(10));
      assertThat(parsed.nodes()).isNotEmpty().hasSizeLessThanOrEqualTo(100);
      for (RedisURI node : parsed.nodes()) {
        assertThat(node.getPort()).isBetween(1, 65_535);
        assertThat(node.getHost()).isNotBlank();
      }
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("quotaStore must ");
      shown = e.getMessage();
    }
    assertThat(shown).doesNotContain(secret);
    assertThat(RedisLocation.shown(location)).doesNotContain(secret);
    Shown.isOneLine(shown, location.length() + MOST_OF_ERROR);
  }

  /** An error of a server is one line; when a connection opens, only its code is shown, since it may repeat a password. */
  @FuzzTest
  void error(byte[] input) {
    String text = new FuzzInput(input).restAsText();
    RedisCommandExecutionException error = new RedisCommandExecutionException(text);
    Shown.isOneLine(
        RedisFailure.leasing(LOCATION, new IllegalStateException(error)).getMessage(),
        MOST_OF_ERROR);
    String opening = RedisFailure.opening(LOCATION, error).getMessage();
    Shown.isOneLine(opening, MOST_OF_ERROR);
    assertThat(opening)
        .matches(
            "cannot open redis://localhost: the server answers ([A-Z]{1,200}|an error)(; .*)?");
  }
}
