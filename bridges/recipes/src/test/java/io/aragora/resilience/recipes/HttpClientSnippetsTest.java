package io.aragora.resilience.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.hc.client5.http.async.methods.SimpleHttpRequest;
import org.apache.hc.client5.http.async.methods.SimpleHttpResponse;
import org.apache.hc.client5.http.async.methods.SimpleRequestBuilder;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPut;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.classic.RequestFailedException;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpClientSnippetsTest {
  // readme: recipe httpclient
  record ResilienceHandler(Policy policy) implements ExecChainHandler {
    @Override
    public ClassicHttpResponse execute(
        ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
        throws IOException, HttpException {
      ClassicHttpResponse[] last = new ClassicHttpResponse[1];
      try {
        return policy.<ClassicHttpResponse, Exception>call(() -> {
          close(last);
          if (scope.execRuntime.isExecutionAborted()) {
            throw new CancellationException("aborted"); // no failure, and not retried
          }
          // A copy for each attempt: the chain adds headers to it.
          try {
            return last[0] = chain.proceed(ClassicRequestBuilder.copy(request).build(), scope);
          } catch (IOException e) {
            if (scope.execRuntime.isExecutionAborted()) {
              throw new CancellationException("aborted");
            }
            throw e;
          }
        });
      } catch (CancellationException e) {
        close(last);
        throw new RequestFailedException("Request aborted", e); // as without a policy
      } catch (IOException | HttpException | RuntimeException e) {
        close(last);
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e); // the chain throws no other
      }
    }

    private static void close(ClassicHttpResponse[] response) throws IOException {
      if (response[0] != null) {
        response[0].close(); // the connection goes back to the pool
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

  private Pipeline prices() {
    // readme: recipe httpclient pipeline
    Pipeline prices = resilience.pipeline(
        "prices",
        p -> p.add(resilience.retry(
                "prices",
                r -> r.retryResultIf(response -> ((HttpResponse) response).getCode() == 503)
                    .retryAfterResult(response -> {
                      Header retryAfter = ((HttpResponse) response).getFirstHeader("Retry-After");
                      return retryAfter == null ? null : RetryAfter.parse(retryAfter.getValue());
                    })))
            .add(resilience.circuitBreaker(
                "prices",
                c -> c.recordResultIf(response -> ((HttpResponse) response).getCode() >= 500))));
    // end
    return prices;
  }

  private CloseableHttpClient client() {
    Pipeline prices = prices();
    // readme: recipe httpclient client
    CloseableHttpClient client = HttpClients.custom()
        .addExecInterceptorFirst("resilience", new ResilienceHandler(prices))
        .disableAutomaticRetries() // the pipeline retries
        .build();
    // end
    return client;
  }

  @Test
  void busyServer_isAskedAgain_withTheSameBody() throws IOException {
    try (Server server = new Server(503, 503, 200);
        CloseableHttpClient client = client()) {
      HttpPut put = new HttpPut(server.url());
      put.setEntity(new StringEntity("5"));

      String answer = client.execute(put, response -> EntityUtils.toString(response.getEntity()));

      assertThat(answer).isEqualTo("answer 3");
      assertThat(server.requests).containsExactly("PUT 5", "PUT 5", "PUT 5");
    }
  }

  @Test
  void lastAnswer_isTheCallers_withItsBody() throws IOException {
    try (Server server = new Server(503);
        CloseableHttpClient client = client()) {
      String answer = client.execute(
          new HttpGet(server.url()),
          response -> response.getCode() + " " + EntityUtils.toString(response.getEntity()));

      assertThat(answer).isEqualTo("503 answer 3");
    }
  }

  @Test
  void rejection_reachesTheCaller() throws IOException {
    try (Server server = new Server(200);
        CloseableHttpClient client = client()) {
      resilience.circuitBreaker("prices").forceOpen();

      assertThatThrownBy(() -> client.execute(new HttpGet(server.url()), response -> "never"))
          .isInstanceOf(CallNotPermittedException.class);
      assertThat(server.requests).isEmpty();
    }
  }

  @Test
  void abortedRequest_isNoFailure_andNotRetried() throws Exception {
    try (Server server = new Server(Server.HANG);
        CloseableHttpClient client = client()) {
      HttpGet get = new HttpGet(server.url());
      CompletableFuture<Throwable> ended = new CompletableFuture<>();
      Thread caller = new Thread(() -> {
        try {
          client.execute(get, response -> "never");
        } catch (IOException | RuntimeException e) {
          ended.complete(e);
        }
      });
      caller.start();
      server.hangs.await();

      get.cancel();

      assertThat(ended.get()).isInstanceOf(RequestFailedException.class);
      assertThat(server.requests).hasSize(1);
      assertThat(resilience.circuitBreaker("prices").snapshot().totals().failures())
          .isZero();
      assertThat(resilience.circuitBreaker("prices").snapshot().totals().ignored())
          .isOne();
    }
  }

  // readme: recipe httpclient async
  static CompletableFuture<SimpleHttpResponse> send(
      Policy policy, CloseableHttpAsyncClient client, SimpleHttpRequest request) {
    return policy.callAsync(() -> {
      CompletableFuture<SimpleHttpResponse> answer = new CompletableFuture<>();
      Future<?> exchange = client.execute(request, new FutureCallback<>() {
        @Override
        public void completed(SimpleHttpResponse response) {
          answer.complete(response);
        }

        @Override
        public void failed(Exception failure) {
          answer.completeExceptionally(failure);
        }

        @Override
        public void cancelled() {
          answer.cancel(false);
        }
      });
      answer.whenComplete(
          (response, failure) -> exchange.cancel(true)); // if a timeout or the caller cancels
      return answer;
    });
  }

  // end

  @Test
  void asyncCall_isRetried() throws Exception {
    try (Server server = new Server(503, 200);
        CloseableHttpAsyncClient client =
            HttpAsyncClients.custom().disableAutomaticRetries().build()) {
      client.start();
      CompletableFuture<SimpleHttpResponse> call =
          send(prices(), client, SimpleRequestBuilder.get(server.url()).build());
      while (!call.isDone()) {
        time.advance(java.time.Duration.ofSeconds(1));
      }

      assertThat(call.get().getBodyText()).isEqualTo("answer 2");
    }
  }

  @Test
  void asyncCall_whenCancelled_cancelsTheExchange() throws Exception {
    try (Server server = new Server(Server.HANG);
        CloseableHttpAsyncClient client =
            HttpAsyncClients.custom().disableAutomaticRetries().build()) {
      client.start();
      CompletableFuture<SimpleHttpResponse> call =
          send(prices(), client, SimpleRequestBuilder.get(server.url()).build());
      server.hangs.await();

      call.cancel(true);

      assertThat(call).isCancelled();
      assertThat(server.requests).hasSize(1);
      assertThat(resilience.circuitBreaker("prices").snapshot().totals().failures())
          .isZero();
    }
  }
}
