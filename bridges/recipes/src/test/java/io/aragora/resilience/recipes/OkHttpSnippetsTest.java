package io.aragora.resilience.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OkHttpSnippetsTest {
  // readme: recipe okhttp
  record ResilienceInterceptor(Policy policy) implements Interceptor {
    @Override
    public Response intercept(Chain chain) throws IOException {
      Response[] last = new Response[1];
      long start = System.nanoTime();
      try {
        return policy.<Response, IOException>call(() -> {
          close(last); // OkHttp makes no attempt while the body of the one before is open
          if (chain.call().isCanceled()) {
            throw new CancellationException("Canceled"); // no failure, and not retried
          }
          try {
            return last[0] = chain.proceed(chain.request());
          } catch (IOException e) {
            if (chain.call().isCanceled() && !hasTimedOut(chain.call(), start)) {
              throw new CancellationException("Canceled");
            }
            throw e;
          }
        });
      } catch (CancellationException | ResilienceException e) {
        close(last);
        throw new IOException(e.getMessage(), e); // all that OkHttp's callbacks handle
      } catch (Throwable e) {
        close(last);
        throw e;
      }
    }

    /** OkHttp cancels a call that exceeds its callTimeout, and does not say so here. */
    private static boolean hasTimedOut(Call call, long start) {
      long timeout = call.timeout().timeoutNanos(); // 0: none
      return timeout != 0 && System.nanoTime() - start >= timeout / 10 * 9;
    }

    private static void close(Response[] response) {
      if (response[0] != null) {
        response[0].close();
      }
    }
  }

  // end

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private OkHttpClient client() {
    // readme: recipe okhttp client
    Pipeline prices = resilience.pipeline(
        "prices",
        p -> p.add(resilience.retry(
                "prices",
                r -> r.retryResultIf(response -> ((Response) response).code() == 503)
                    .retryAfterResult(
                        response -> RetryAfter.parse(((Response) response).header("Retry-After")))))
            .add(resilience.circuitBreaker(
                "prices", c -> c.recordResultIf(response -> ((Response) response).code() >= 500))));
    OkHttpClient client = new OkHttpClient.Builder()
        .addInterceptor(new ResilienceInterceptor(prices)) // not addNetworkInterceptor
        .retryOnConnectionFailure(false) // the pipeline retries
        .build();
    // end
    return client;
  }

  private static Request get(Server server) {
    return new Request.Builder().url(server.url()).build();
  }

  @Test
  void busyServer_isAskedAgain_whenItSays() throws IOException {
    try (Server server = new Server(503, 503, 200);
        Response response = client().newCall(get(server)).execute()) {
      assertThat(response.body().string()).isEqualTo("answer 3");
      assertThat(Duration.between(ManualTime.DEFAULT_START, time.wallTime()))
          .isBetween(Duration.ofSeconds(14), Duration.ofSeconds(20));
    }
  }

  @Test
  void lastAnswer_isTheCallers_withItsBody() throws IOException {
    try (Server server = new Server(503);
        Response response = client().newCall(get(server)).execute()) {
      assertThat(response.code()).isEqualTo(503);
      assertThat(response.body().string()).isEqualTo("answer 3");
    }
  }

  @Test
  void rejection_isAnIOException() {
    OkHttpClient client = client();
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    breaker.forceOpen();
    try (Server server = new Server(200)) {
      assertThatThrownBy(() -> client.newCall(get(server)).execute())
          .isInstanceOf(IOException.class)
          .hasCauseInstanceOf(CallNotPermittedException.class);
      assertThat(server.requests).isEmpty();
    }
  }

  @Test
  void cancelledCall_isNoFailure_andNotRetried() throws Exception {
    OkHttpClient client = client();
    try (Server server = new Server(Server.HANG)) {
      Call call = client.newCall(get(server));
      CompletableFuture<Throwable> ended = new CompletableFuture<>();
      Thread caller = new Thread(() -> {
        try (Response response = call.execute()) {
          ended.complete(new AssertionError(response));
        } catch (IOException e) {
          ended.complete(e);
        }
      });
      caller.start();
      server.hangs.await();

      call.cancel();

      assertThat(ended.get()).isInstanceOf(IOException.class).hasMessage("Canceled");
      assertThat(server.requests).hasSize(1);
      assertThat(resilience.circuitBreaker("prices").snapshot().totals().failures())
          .isZero();
      assertThat(resilience.circuitBreaker("prices").snapshot().totals().ignored())
          .isOne();
    }
  }

  @Test
  void callPastItsTimeout_isOneFailure_andNotRetried() {
    OkHttpClient client =
        client().newBuilder().callTimeout(Duration.ofSeconds(1)).build();
    try (Server server = new Server(Server.HANG)) {
      assertThatThrownBy(() -> client.newCall(get(server)).execute())
          .isInstanceOf(InterruptedIOException.class)
          .hasMessage("timeout");

      assertThat(server.requests).hasSizeLessThan(2);
      assertThat(resilience.circuitBreaker("prices").snapshot().totals().failures())
          .isOne();
    }
  }
}
