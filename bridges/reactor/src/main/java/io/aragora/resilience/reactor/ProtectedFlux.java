package io.aragora.resilience.reactor;

import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;

/** A Flux each of whose subscriptions is a call through a policy. */
final class ProtectedFlux<T> extends FluxOperator<T, T> {
  private final Protection<T> protection;

  ProtectedFlux(Flux<T> source, Protection<T> protection) {
    super(source);
    this.protection = protection;
  }

  /** A policy may end the call on its own thread while the source emits, so the signals are serialized. */
  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    CoreSubscriber<? super T> serialized = Operators.serialize(actual);
    FluxCall<T> call = new FluxCall<>(source, serialized, protection);
    serialized.onSubscribe(call);
    call.start();
  }
}
