package io.aragora.resilience.spring.http;

import io.aragora.resilience.reactor.ResilienceOperator;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;

/**
 * A call and its attempts, one after the other. An attempt whose response is a failure signals an error, so that the policies see
 * it; the response is held, and returned to the subscriber if the call ends with it.
 */
final class ReactiveExchange {
  private record Held(ClientResponse response, HttpAnswerException failure) {}

  private final HttpProtection protection;
  private final ClientRequest request;
  private final ExchangeFunction next;

  /** The response of the latest attempt that failed. The thread that removes it releases it, or passes it on. */
  private final AtomicReference<@Nullable Held> held = new AtomicReference<>();

  /** Set before the last release. A response that is held afterwards is released by the thread that held it. */
  private volatile boolean isOver;

  ReactiveExchange(HttpProtection protection, ClientRequest request, ExchangeFunction next) {
    this.protection = protection;
    this.request = request;
    this.next = next;
  }

  Mono<ClientResponse> run(ResilienceOperator<ClientResponse> policies) {
    return attempt()
        .transform(policies)
        .onErrorResume(HttpAnswerException.class, this::end)
        .doFinally(signal -> endOfCall())
        // An answer that arrives together with the cancellation, or after the timeout.
        .doOnDiscard(ClientResponse.class, ReactiveExchange::release);
  }

  private Mono<ClientResponse> attempt() {
    return Mono.defer(() -> {
      releaseHeld();
      return next.exchange(request).flatMap(this::judge);
    });
  }

  private Mono<ClientResponse> judge(ClientResponse response) {
    HttpAnswerException failure;
    try {
      failure = protection.judge(
          request.url(), response.statusCode().value(), response.headers().asHttpHeaders());
    } catch (Throwable e) {
      release(response);
      throw e;
    }
    if (failure == null) {
      return Mono.just(response);
    }
    hold(new Held(response, failure));
    return Mono.error(failure);
  }

  private void hold(Held last) {
    Held before = held.getAndSet(last);
    if (before != null) {
      release(before.response);
    }
    if (isOver) {
      releaseHeld();
    }
  }

  private void endOfCall() {
    isOver = true;
    releaseHeld();
  }

  private Mono<ClientResponse> end(HttpAnswerException failure) {
    Held last = held.get();
    return last != null && last.failure == failure && held.compareAndSet(last, null)
        ? Mono.just(last.response)
        : Mono.error(failure);
  }

  private void releaseHeld() {
    Held last = held.getAndSet(null);
    if (last != null) {
      release(last.response);
    }
  }

  private static void release(ClientResponse response) {
    response.releaseBody().subscribe(nothing -> {}, failure -> {});
  }
}
