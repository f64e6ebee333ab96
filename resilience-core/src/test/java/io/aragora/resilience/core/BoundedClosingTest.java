package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Closing takes at most five seconds, whatever part hangs. */
@Timeout(120)
class BoundedClosingTest {
  private static final Duration BOUND = Duration.ofSeconds(5);

  /** The time that a busy machine may add. */
  private static final Duration SLACK = Duration.ofSeconds(20);

  private final CountDownLatch release = new CountDownLatch(1);

  @AfterEach
  void release() {
    release.countDown();
  }

  /** Ignores interrupts. */
  private void hang() {
    boolean interrupted = false;
    while (true) {
      try {
        release.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void assertClosesInTime(Resilience resilience) {
    long began = System.nanoTime();
    resilience.close();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(BOUND.plus(SLACK));
  }

  private record Closing(Runnable atClose) implements ResilienceExtension {
    @Override
    public AutoCloseable attach(ResilienceContext context) {
      return atClose::run;
    }
  }

  private static StateStore remembering(Queue<SavedBreaker> saved) {
    return (StateStore) Proxy.newProxyInstance(
        StateStore.class.getClassLoader(),
        new Class<?>[] {StateStore.class},
        (self, method, arguments) -> switch (method.getName()) {
          case "load" -> StateStore.Loaded.of(List.of(), List.of());
          case "save" -> {
            ((Collection<?>) arguments[0]).forEach(state -> saved.add((SavedBreaker) state));
            yield ((Collection<?>) arguments[0]).size();
          }
          case "purgeSavedBefore", "remove" -> 0;
          default -> null;
        });
  }

  @Test
  void anExtensionThatHangs_keepsNothingElseFromClosing() {
    Queue<SavedBreaker> saved = new ConcurrentLinkedQueue<>();
    CountDownLatch other = new CountDownLatch(1);
    Resilience resilience = Resilience.builder()
        .name("hanging extension")
        .stateStore(remembering(saved))
        .extension(new Closing(other::countDown))
        .extension(new Closing(this::hang))
        .build();
    resilience.circuitBreaker("db").forceOpen();
    assertClosesInTime(resilience);
    assertThat(saved)
        .last()
        .satisfies(state -> assertThat(state.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN));
    assertThat(await(other)).isTrue();
  }

  @Test
  void anInterruptThatHangs_doesNotHoldUpTheClosing() throws Exception {
    Resilience resilience = Resilience.builder().name("hanging interrupt").build();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch interrupting = new CountDownLatch(1);
    Thread caller =
        new Thread(() -> catchThrowable(
            () -> resilience.timeout("limit", Duration.ofHours(1)).run(() -> {
              inside.countDown();
              release.await();
            }))) {
          @Override
          public void interrupt() {
            interrupting.countDown();
            hang();
          }
        };
    caller.setDaemon(true);
    caller.start();
    assertThat(await(inside)).isTrue();
    assertClosesInTime(resilience);
    assertThat(await(interrupting)).isTrue();
    release.countDown();
    caller.join();
  }

  @Test
  void aTimerThatHangs_doesNotHoldUpTheClosing() {
    CountDownLatch hanging = new CountDownLatch(1);
    ForwardingTime time = new ForwardingTime(SystemTimeSource.INSTANCE) {
      @Override
      public TimerRegistration drive(String name, TimerCallback driver) {
        return super.drive(name, new TimerCallback() {
          @Override
          public long advanceTo(long nowNanos) {
            hanging.countDown();
            hang();
            return driver.advanceTo(nowNanos);
          }

          @Override
          public boolean hasHandOver() {
            return driver.hasHandOver();
          }
        });
      }
    };
    Resilience resilience =
        Resilience.builder().name("hanging timer").timeSource(time).build();
    CompletableFuture<String> call = resilience
        .timeout("limit", Duration.ofMillis(1))
        .callAsync(() -> new CompletableFuture<String>());
    assertThat(await(hanging)).isTrue();
    assertClosesInTime(resilience);
    release.countDown();
    assertThat(call)
        .failsWithin(Duration.ofSeconds(60))
        .withThrowableOfType(ExecutionException.class);
  }

  /** A function of the application that hangs, and the call that makes a thread enter it. */
  private record Hanging(
      String what, Consumer<ResilienceBuilder> setting, Consumer<Resilience> entering) {}

  private List<Hanging> everyForeignFunction(CountDownLatch entered) {
    Runnable hanging = () -> {
      entered.countDown();
      hang();
    };
    return List.of(
        new Hanging(
            "attach of an extension",
            builder -> builder.extension(context -> {
              hanging.run();
              return () -> {};
            }),
            resilience -> {}),
        new Hanging(
            "close of an extension",
            builder -> builder.extension(new Closing(hanging)),
            resilience -> entered.countDown()),
        new Hanging(
            "saving of the store",
            builder -> builder.stateStore(hangingIn("save", hanging)),
            resilience -> resilience.circuitBreaker("db").forceOpen()),
        new Hanging(
            "closing of the store",
            builder -> builder.stateStore(hangingIn("close", hanging)),
            resilience -> entered.countDown()),
        new Hanging("a listener", builder -> {}, resilience -> {
          resilience.circuitBreaker("db").subscribe(transition -> hanging.run());
          resilience.circuitBreaker("db").forceOpen();
        }),
        new Hanging("a health check", builder -> {}, resilience -> {
          resilience.health().register("check", () -> {
            hanging.run();
            return HealthResult.healthy();
          });
          assertThat(resilience.health().checkAllAsync()).isNotNull();
        }),
        new Hanging(
            "the text of a place of a setting",
            builder -> {},
            resilience -> new Thread(() -> catchThrowable(() ->
                    resilience.reconfigure(Map.of("resilience.retry.maxAttempts", "?"), key -> {
                      hanging.run();
                      return key;
                    })))
                .start()));
  }

  private static StateStore hangingIn(String called, Runnable hanging) {
    StateStore plain = remembering(new ConcurrentLinkedQueue<>());
    return (StateStore) Proxy.newProxyInstance(
        StateStore.class.getClassLoader(),
        new Class<?>[] {StateStore.class},
        (self, method, given) -> {
          if (method.getName().equals(called)) {
            hanging.run();
          }
          return method.invoke(plain, given);
        });
  }

  /** All at the same time, since each may take five seconds. */
  @Test
  void anyForeignFunctionThatHangs_doesNotHoldUpTheClosing() throws Exception {
    int count = everyForeignFunction(new CountDownLatch(1)).size();
    Map<String, Duration> closings = new ConcurrentHashMap<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      CountDownLatch entered = new CountDownLatch(1);
      Hanging hanging = everyForeignFunction(entered).get(i);
      AtomicReference<Resilience> early = new AtomicReference<>();
      CountDownLatch isThere = new CountDownLatch(1);
      ResilienceBuilder builder = Resilience.builder().name(hanging.what).extension(context -> {
        early.set(context.resilience());
        isThere.countDown();
        return () -> {};
      });
      hanging.setting.accept(builder);
      Thread building = new Thread(() -> hanging.entering.accept(builder.build()));
      building.setDaemon(true);
      building.start();
      Thread closing = new Thread(() -> {
        assertThat(await(isThere)).isTrue();
        assertThat(await(entered)).isTrue();
        long began = System.nanoTime();
        early.get().close();
        closings.put(hanging.what, Duration.ofNanos(System.nanoTime() - began));
      });
      closing.setDaemon(true);
      closing.start();
      threads.add(closing);
    }
    for (Thread closing : threads) {
      closing.join(BOUND.plus(SLACK).multipliedBy(2).toMillis());
    }

    assertThat(closings.keySet())
        .containsExactlyInAnyOrderElementsOf(everyForeignFunction(new CountDownLatch(1)).stream()
            .map(Hanging::what)
            .toList());
    assertThat(closings.values()).allMatch(length -> length.compareTo(BOUND.plus(SLACK)) < 0);
  }

  @Test
  void anExtensionThatAttachesAfterTheClosing_isClosedAtOnce() throws Exception {
    CountDownLatch attaching = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    AtomicReference<Resilience> early = new AtomicReference<>();
    ResilienceBuilder builder = Resilience.builder().name("late extension").extension(context -> {
      early.set(context.resilience());
      attaching.countDown();
      hang();
      return closed::countDown;
    });
    Thread building = new Thread(builder::build);
    building.start();
    assertThat(await(attaching)).isTrue();
    early.get().close();
    assertThat(closed.getCount()).isEqualTo(1);

    release.countDown();
    building.join();

    assertThat(closed.getCount()).isZero();
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
