package io.aragora.resilience.examples.readme;

// readme: extending interceptor
import io.aragora.resilience.CallObserver;
import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Resilience;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Protects the beans of a container by their annotations, and counts calls under names that the container knows. */
public final class InterceptorBridge {
  /** A call of a bean: the invocation context of Jakarta interceptors, the method invocation of Spring. */
  public interface Invocation {
    Method method();

    Object target();

    @Nullable
    Object[] arguments();

    @Nullable
    Object proceed() throws Exception;
  }

  private record Bean(Class<?> type, Method method) {}

  private final Resilience resilience;
  private final Map<Bean, Optional<MethodPolicy>> methods = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();

  public InterceptorBridge(Resilience resilience) {
    this.resilience = resilience;
  }

  /** What an interceptor does with a call: {@code @AroundInvoke} there, {@code invoke} of a method interceptor here. */
  public @Nullable Object intercept(Invocation call) throws Throwable {
    Optional<MethodPolicy> policy = methods.computeIfAbsent(
        new Bean(call.target().getClass(), call.method()),
        bean -> resilience.policies().forMethod(bean.method, bean.type, MethodHandles.lookup()));
    return policy.isEmpty()
        ? call.proceed()
        : policy
            .get()
            .call(call.target(), call.arguments(), call::proceed, new Counting(call.method()));
  }

  /** How often something happened, by the names of MicroProfile's metrics. */
  public long count(String counter) {
    LongAdder known = counters.get(counter);
    return known == null ? 0 : known.sum();
  }

  /** One call. Its fields need no guard: the runtime passes a call from thread to thread. */
  private final class Counting implements CallObserver {
    private final Method method;
    private boolean retried;

    Counting(Method method) {
      this.method = method;
    }

    @Override
    public void onRetry(String retry, int attempt, long delayNanos, @Nullable Throwable failure) {
      retried = true;
      add("ft.retry.retries.total");
    }

    @Override
    public void onRejected(String kind, String policy) {
      if (kind.equals("circuitbreaker")) {
        add("ft.circuitbreaker.calls.total{circuitBreakerResult=circuitBreakerOpen}");
      } else if (kind.equals("bulkhead")) {
        add("ft.bulkhead.calls.total{bulkheadResult=rejected}");
      }
    }

    @Override
    public void onCounted(String breaker, boolean success, long durationNanos) {
      add("ft.circuitbreaker.calls.total{circuitBreakerResult="
          + (success ? "success}" : "failure}"));
    }

    @Override
    public void onTimed(String timeout, long durationNanos, boolean exceeded) {
      add("ft.timeout.calls.total{timedOut=" + exceeded + "}");
    }

    @Override
    public void onEnd(End end, int bodies, long durationNanos, @Nullable Throwable failure) {
      add("ft.invocations.total{result="
          + (end == End.RETURNED ? "valueReturned}" : "exceptionThrown}"));
      add("ft.retry.calls.total{retried=" + retried + "}");
    }

    @Override
    public void onFallback(Throwable failure) {
      add("ft.invocations.total{fallback=applied}");
    }

    private void add(String counter) {
      counters
          .computeIfAbsent(method.getName() + " " + counter, any -> new LongAdder())
          .increment();
    }
  }
}
// end
