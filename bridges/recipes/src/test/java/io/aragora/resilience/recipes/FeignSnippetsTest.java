package io.aragora.resilience.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import feign.Capability;
import feign.Client;
import feign.Feign;
import feign.FeignException;
import feign.Request;
import feign.RequestLine;
import feign.Response;
import feign.RetryableException;
import feign.Retryer;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FeignSnippetsTest {
  // readme: recipe feign
  public record ResilienceCapability(Policy policy) implements Capability {
    @Override
    public Client enrich(Client client) {
      return (request, options) -> execute(client, request, options);
    }

    private Response execute(Client client, Request request, Request.Options options)
        throws IOException {
      Response[] last = new Response[1];
      try {
        return policy.<Response, IOException>call(() -> {
          close(last); // the answer of the attempt before, whose connection is free again
          return last[0] = client.execute(request, options);
        });
      } catch (Throwable e) {
        close(last);
        throw e;
      }
    }

    private static void close(Response[] response) {
      if (response[0] != null) {
        response[0].close();
      }
    }
  }

  // end

  interface Prices {
    @RequestLine("GET /price")
    String price();
  }

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private Prices prices(String url) {
    // readme: recipe feign client
    Pipeline pipeline = resilience.pipeline(
        "prices",
        p -> p.add(resilience.retry(
                "prices", r -> r.retryResultIf(response -> ((Response) response).status() == 503)))
            .add(resilience.circuitBreaker(
                "prices",
                c -> c.recordResultIf(response -> ((Response) response).status() >= 500))));
    Prices prices = Feign.builder()
        .addCapability(new ResilienceCapability(pipeline))
        .retryer(Retryer.NEVER_RETRY) // Feign's own would multiply the attempts
        .target(Prices.class, url);
    // end
    return prices;
  }

  @Test
  void busyServer_isAskedAgain() {
    try (Server server = new Server(503, 503, 200)) {
      assertThat(prices(server.url()).price()).isEqualTo("answer 3");
    }
  }

  @Test
  void lastAnswer_isDecodedByFeign() {
    try (Server server = new Server(503)) {
      assertThatThrownBy(prices(server.url())::price)
          .isInstanceOf(RetryableException.class) // since the answer has Retry-After
          .satisfies(e -> assertThat(((FeignException) e).status()).isEqualTo(503));
      assertThat(server.requests).hasSize(3);
    }
  }

  @Test
  void rejection_reachesTheCaller() {
    try (Server server = new Server(200)) {
      Prices prices = prices(server.url());
      resilience.circuitBreaker("prices").forceOpen();

      assertThatThrownBy(prices::price).isInstanceOf(CallNotPermittedException.class);
    }
  }
}
