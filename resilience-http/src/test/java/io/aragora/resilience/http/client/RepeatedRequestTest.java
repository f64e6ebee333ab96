package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.retry.RetryConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests that may be sent again. */
class RepeatedRequestTest extends HttpClientFixture {
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-52")
  @DisplayName("a POST is sent once, whether it fails or is answered with 503")
  void post_isSentOnce(boolean async) throws Exception {
    inner.answer(503).fail(new IOException("reset"));
    ResilientHttpClient client = builder().build();
    assertThat(send(async, client, post(BodyPublishers.ofString("order"))).body())
        .isEqualTo("body of 503");
    assertThat(inner.sent).hasSize(1);
    assertThatThrownBy(() -> send(async, client, post(BodyPublishers.ofString("order"))))
        .hasMessage("reset");
    assertThat(inner.sent).hasSize(2);
    assertCounted(client, 0, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,3",
    "HEAD,3",
    "OPTIONS,3",
    "TRACE,3",
    "PUT,3",
    "DELETE,3",
    "POST,1",
    "PATCH,1",
    "get,1"
  })
  @Tag("fault-52")
  @DisplayName("the method decides what may be repeated; names of methods are case-sensitive")
  void method_decidesWhetherToRepeat(String method, int attempts) throws Exception {
    inner.answer(503);
    HttpRequest request =
        HttpRequest.newBuilder(SHOP).method(method, BodyPublishers.noBody()).build();
    assertThat(send(false, builder().build(), request).statusCode()).isEqualTo(503);
    assertThat(inner.sent).hasSize(attempts);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-52")
  @DisplayName("a POST is repeated if its connection could not be established")
  void post_notSent_isRepeated(boolean async) throws Exception {
    inner
        .fail(new ConnectException())
        .fail(new HttpConnectTimeoutException("slow"))
        .answer(201);
    assertThat(send(async, builder().build(), post(BodyPublishers.ofString("order")))
            .statusCode())
        .isEqualTo(201);
    assertThat(inner.sent).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-52")
  @DisplayName(
      "if redirects are followed, a POST without a connection is not repeated: it may have "
          + "arrived elsewhere")
  void post_redirected_isNotRepeated(boolean async) {
    inner.fail(new ConnectException());
    inner.redirects = HttpClient.Redirect.NORMAL;
    HttpClient client = builder().build();
    assertThatThrownBy(() -> send(async, client, post(BodyPublishers.ofString("order"))))
        .isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(1);
    assertThatThrownBy(() -> send(async, client, get())).isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-52")
  @DisplayName("a POST with an idempotency key, or accepted by idempotentIf, is repeated")
  void post_idempotent_isRepeated(boolean async) throws Exception {
    inner.answer(503).answer(200);
    HttpRequest keyed = HttpRequest.newBuilder(SHOP)
        .header("Idempotency-Key", "42")
        .POST(BodyPublishers.ofByteArray(new byte[] {1}))
        .build();
    assertThat(send(async, builder().build(), keyed).statusCode()).isEqualTo(200);
    inner.answer(503).answer(200);
    ResilientHttpClient lenient =
        builder().name("lenient").idempotentIf(request -> true).build();
    HttpRequest post = post(BodyPublishers.noBody());
    assertThat(send(async, lenient, post).statusCode()).isEqualTo(200);
    assertThat(send(async, lenient, post).statusCode()).isEqualTo(200);
    assertThat(inner.sent).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-52")
  @DisplayName("idempotentIf is called once for each request")
  void vouching_isAskedOnce(boolean async) throws Exception {
    inner.answer(503).answer(200);
    AtomicInteger asked = new AtomicInteger();
    ResilientHttpClient client =
        builder().idempotentIf(request -> asked.incrementAndGet() == 1).build();
    assertThat(send(async, client, post(BodyPublishers.noBody())).statusCode()).isEqualTo(200);
    assertThat(asked).hasValue(1);
  }

  @Test
  @Tag("fault-52")
  @DisplayName(
      "a body that is not known to be replayable is sent once, unless the application declares "
          + "it replayable")
  void body_notKnownToBeReplayable_isSentOnce() throws Exception {
    inner.fail(new ConnectException());
    BodyPublisher stream =
        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1]));
    HttpClient client = builder().build();
    HttpRequest put = HttpRequest.newBuilder(SHOP).PUT(stream).build();
    assertThatThrownBy(() -> send(false, client, put)).isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(1);
    HttpRequest replayable =
        HttpRequest.newBuilder(SHOP).PUT(ReplayableBody.of(stream)).build();
    assertThatThrownBy(() -> send(false, client, replayable)).isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(4);
    assertThat(ReplayableBody.of(stream).contentLength()).isEqualTo(stream.contentLength());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("fault-52")
  @DisplayName("a rejected result does not repeat a POST")
  void post_resultRejected_isNotRepeated(boolean async) throws Exception {
    inner.answer(202);
    RetryConfig untilDone = retry(3).toBuilder()
        .retryResultIf(result -> ((HttpResponse<?>) result).statusCode() == 202)
        .build();
    HttpClient client = builder().retry(untilDone).build();
    send(async, client, post(BodyPublishers.ofString("order")));
    assertThat(inner.sent).hasSize(1);
    send(async, client, get());
    assertThat(inner.sent).hasSize(4);
  }
}
