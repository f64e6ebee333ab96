package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
    assertThat(call).failsWithin(Duration.ofSeconds(60));
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
