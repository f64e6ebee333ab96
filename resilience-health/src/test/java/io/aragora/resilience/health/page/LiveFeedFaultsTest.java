package io.aragora.resilience.health.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.RuntimeStatus;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Lets each call of the feed to the runtime fail in turn: every method of every object that it receives, without a list. After
 * any failure, the page continues, each transition is shown once, and no subscription is left.
 */
@Timeout(120)
class LiveFeedFaultsTest {
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final int THREADS = 8;

  /** What is thrown at the call of a number, once. */
  private static final class Faults {
    private final int at;
    private final Throwable fault;
    private final AtomicInteger calls = new AtomicInteger(-1_000); // until it is armed
    private final AtomicInteger subscribed = new AtomicInteger();
    private final Map<Object, Object> wrapped = new IdentityHashMap<>();

    Faults(int at, Throwable fault) {
      this.at = at;
      this.fault = fault;
    }

    void step() throws Throwable {
      if (calls.getAndIncrement() == at) {
        throw fault;
      }
    }

    synchronized <T> T wrap(Class<T> type, Object target) {
      return type.cast(wrapped.computeIfAbsent(
          target,
          known -> Proxy.newProxyInstance(
              type.getClassLoader(), new Class<?>[] {type}, (self, method, args) -> {
                if (method.getDeclaringClass() == Object.class) {
                  return method.getName().equals("equals")
                      ? (Object) (self == args[0])
                      : method.invoke(known, args);
                }
                step();
                try {
                  return wrapResult(method.invoke(known, args));
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              })));
    }

    private Object wrapResult(Object result) {
      if (result instanceof Subscription subscription) {
        subscribed.incrementAndGet();
        return (Subscription) () -> {
          subscribed.decrementAndGet();
          subscription.close();
        };
      }
      if (result instanceof Policies) {
        return wrap(Policies.class, result);
      }
      if (result instanceof RuntimeStatus) {
        return wrap(RuntimeStatus.class, result);
      }
      if (result instanceof CircuitBreaker) {
        return wrap(CircuitBreaker.class, result);
      }
      if (result instanceof KeyedCircuitBreaker) {
        return wrap(KeyedCircuitBreaker.class, result);
      }
      if (result instanceof HealthRegistry) {
        return wrap(HealthRegistry.class, result);
      }
      if (result instanceof Collection<?> all) {
        List<Object> members = new ArrayList<>();
        all.forEach(member -> members.add(wrapResult(member)));
        return members;
      }
      return result;
    }
  }

  static Stream<Throwable> everyKind() {
    return Stream.of(
        new OutOfMemoryError("injected"),
        new StackOverflowError("injected"),
        new Error("injected") {
          private static final long serialVersionUID = 1L;
        },
        new NoClassDefFoundError("injected"),
        new IllegalStateException("injected"),
        new InterruptedException("injected"));
  }

  @ParameterizedTest
  @MethodSource("everyKind")
  void eachCallFails_thePageGoesOn(Throwable fault) throws Exception {
    int calls = run(new Faults(-1, fault));
    assertThat(calls).isGreaterThan(20);

    // Several at a time, since each mostly waits for the threads of its feed.
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Integer>> runs = new ArrayList<>();
      for (int at = 0; at < calls; at++) {
        Faults faults = new Faults(at, fault);
        runs.add(threads.submit(() -> run(faults)));
      }
      for (Future<Integer> run : runs) {
        run.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Runs a feed until it has shown everything. Returns the number of calls. */
  private static int run(Faults faults) throws Exception {
    ManualTime time = ManualTime.create();
    try (Resilience resilience =
        Resilience.builder().name("shop").timeSource(time).build()) {
      CircuitBreaker payments = resilience.circuitBreaker("payments");
      resilience
          .keyedCircuitBreaker(
              "tenants", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()))
          .forKey("acme");
      Resilience shown = faults.wrap(Resilience.class, resilience);
      int calls;
      LiveFeed feed = open(new Context(shown, time, faults));
      try (LiveFeed.Viewer viewer = feed.open()) {
        StringBuilder heard = new StringBuilder();
        await(viewer, heard, "\"breakers\":[{\"name\":\"payments\"");
        calls = faults.calls.get();
        // From the first board on it listens, unless that was what failed: then from the next.
        await(viewer, heard, "event: board");
        payments.forceOpen();
        time.advance(Duration.ofMillis(1));
        await(viewer, heard, "\"to\":\"forced_open\"");
        await(viewer, heard, "\"state\":\"forced_open\"");
        assertThat(heard.toString().split("\"to\":\"forced_open\"", -1)).hasSize(2);
      } finally {
        feed.close();
        feed.join();
      }
      assertThat(faults.subscribed).hasValue(0);
      assertThat(feed.failures()).isLessThanOrEqualTo(1);
      return calls;
    }
  }

  private static LiveFeed open(Context context) {
    LiveFeed feed = new LiveFeed(context, true, true, Duration.ofMillis(1), task -> {
      Thread thread = new Thread(task, "feed");
      thread.setDaemon(true);
      return thread;
    });
    context.faults.calls.set(0); // those of building it are the application's
    feed.start();
    return feed;
  }

  /** Reads until the next event. */
  private static void await(LiveFeed.Viewer viewer, StringBuilder heard, String text)
      throws InterruptedException {
    int from = heard.length();
    long began = System.nanoTime();
    while (heard.indexOf(text, from) < 0 && System.nanoTime() - began < LONG.toNanos()) {
      byte[] news = viewer.next(LONG);
      heard.append(news == null ? "" : new String(news, UTF_8));
    }
    assertThat(heard.substring(from)).contains(text);
  }

  private record Context(Resilience resilience, TimeSource timeSource, Faults faults)
      implements ResilienceContext {
    @Override
    public Optional<String> property(String key) {
      return Optional.empty();
    }

    @Override
    public List<EndpointContribution> endpointContributions() {
      return List.of();
    }

    @Override
    public Subscription recordDurations(DurationRecorder recorder) {
      try {
        faults.step();
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
      return (Subscription) faults.wrapResult((Subscription) () -> {});
    }
  }
}
