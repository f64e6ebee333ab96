package io.aragora.resilience.spring;

import io.aragora.resilience.MethodPolicy;
import java.util.Objects;
import kotlin.ResultKt;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * Calls the fallback of a suspending function, which is a suspending function too. In byte code the last argument of such a function is
 * the continuation of its caller, and its result is the value, or a mark that says that it suspended. The fallback runs in the context
 * of the caller, so it is cancelled with the caller.
 */
final class SuspendingFallback {
  private SuspendingFallback() {}

  static Mono<Object> call(
      MethodPolicy policy, Object target, @Nullable Object[] args, Throwable failure) {
    return Mono.create(sink -> {
      int last = args.length - 1;
      Continuation<?> caller = (Continuation<?>) Objects.requireNonNull(args[last]);
      @Nullable Object[] own = args.clone();
      own[last] = new End(caller.getContext(), sink);
      try {
        Object value = policy.fallback(target, own, failure);
        if (value != IntrinsicsKt.getCOROUTINE_SUSPENDED()) {
          sink.success(value);
        }
      } catch (Throwable e) {
        sink.error(e);
      }
    });
  }

  /** Receives the result of a fallback that suspended. */
  private record End(CoroutineContext context, MonoSink<Object> sink)
      implements Continuation<Object> {
    @Override
    public CoroutineContext getContext() {
      return context;
    }

    @Override
    @SuppressWarnings("NullAway") // a function may return null
    public void resumeWith(Object result) {
      try {
        ResultKt.throwOnFailure(result);
        sink.success(result);
      } catch (Throwable e) {
        sink.error(e);
      }
    }
  }
}
