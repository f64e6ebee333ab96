package io.aragora.resilience.reactor;

import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;

/** A Mono each of whose subscriptions is a call through a policy. */
final class ProtectedMono<T> extends MonoOperator<T, T> {
  private final Protection<T> protection;

  ProtectedMono(Mono<T> source, Protection<T> protection) {
    super(source);
    this.protection = protection;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    MonoCall<T> call = new MonoCall<>(source, actual, protection);
    actual.onSubscribe(call);
    call.start();
  }
}
