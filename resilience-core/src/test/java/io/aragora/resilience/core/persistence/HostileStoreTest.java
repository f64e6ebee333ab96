package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.ratelimiter.StoredLimiter;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.runtime.ResilienceSettings.StoreSetting;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import io.aragora.resilience.time.TimeSource;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A store is foreign code: each of its methods throws each kind of throwable, answers nonsense, or
 * never answers.
 */
@Timeout(60)
class HostileStoreTest extends SaverFixture {
  /** The action of a method instead of its work; null for its work. */
  private interface Misdeed {
    @Nullable
    Object instead(Supplier<@Nullable Object> work) throws Throwable;
  }

  private static final Duration A_DAY = Duration.ofDays(1);

  private @Nullable String attacked;
  private @Nullable Misdeed misdeed;

  private final class Runtime implements LiveBreakers {
    final List<CoreCircuitBreaker> all = new ArrayList<>();
    final Timer timer = new Timer("timer", time);
    final StateSaver saver;
    final BreakerRuntime breakers;
    final Dispatcher dispatcher;

    Runtime(TimeSource source) {
      dispatcher = new Dispatcher("r", source, null);
      saver = new StateSaver(
          "r",
          new StoreSetting(
              "test:place",
              () -> (StateStore) hostile(StateStore.class, store),
              true,
              false,
              Duration.ofSeconds(30),
              Duration.ofHours(72)),
          source,
          timer,
          dispatcher);
      breakers = BreakerRuntime.of(source, timer, dispatcher, saver);
    }

    CircuitBreaker breaker(String name) {
      CoreCircuitBreaker made = new CoreCircuitBreaker(name, config().build(), breakers);
      saver.made(made);
      all.add(made);
      return made;
    }

    @Override
    public void each(Consumer<? super StoredBreaker> action) {
      all.forEach(action);
    }

    @Override
    public void eachKey(Consumer<? super StoredBreaker> action) {}

    @Override
    public void eachLimiter(Consumer<? super StoredLimiter> action) {
      action.accept(new Limiter());
    }

    @Override
    public @Nullable StoredBreaker find(SavedBreaker.Id id) {
      return null;
    }
  }

  private final class Limiter implements StoredLimiter {
    @Override
    public String name() {
      return "q";
    }

    @Override
    public boolean isKept() {
      return true;
    }

    @Override
    public @Nullable String restore(SavedLimiter saved, boolean isNew) {
      return null;
    }

    @Override
    public boolean hasChanged() {
      return true;
    }

    @Override
    public SavedLimiter save() {
      return SavedLimiter.builder("q").savedAt(time.wallTime()).build();
    }

    @Override
    public void saved() {}
  }

  private Object hostile(Class<?> type, Object target) {
    return Proxy.newProxyInstance(
        type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
          Supplier<@Nullable Object> work = () -> invoke(target, method, arguments);
          Misdeed present = misdeed;
          return present != null && method.getName().equals(attacked)
              ? present.instead(work)
              : work.get();
        });
  }

  private static @Nullable Object invoke(Object target, Method method, Object[] arguments) {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw HostileStoreTest.<RuntimeException>sneaked(e.getCause());
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  @SuppressWarnings("unchecked") // that is the point
  private static <X extends Throwable> X sneaked(Throwable thrown) throws X {
    throw (X) thrown;
  }

  private static final class Unspeakable extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("not even that");
    }
  }

  private static Stream<String> methods() {
    return Arrays.stream(StateStore.class.getMethods())
        .filter(method -> !Modifier.isStatic(method.getModifiers()))
        .map(Method::getName)
        .distinct()
        .sorted();
  }

  static Stream<Arguments> everyMethodWithEveryThrowable() {
    List<Supplier<Throwable>> kinds = List.of(
        IllegalStateException::new,
        IllegalArgumentException::new,
        () -> new StateStoreException("as it may", null),
        () -> new IOException("sneaked"),
        () -> new NoClassDefFoundError("a/Driver"),
        AssertionError::new,
        StackOverflowError::new,
        OutOfMemoryError::new,
        InterruptedException::new,
        Unspeakable::new);
    return methods()
        .flatMap(method -> kinds.stream()
            .map(kind -> arguments(method, kind.get().getClass().getSimpleName(), kind)));
  }

  private void assertSavesAgain(Runtime runtime, CircuitBreaker breaker) {
    misdeed = null;
    time.advance(Duration.ofMinutes(3));
    breaker.forceOpen();
    time.advance(A_MOMENT);
    assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(runtime.saver.status().lastError()).isNull();
    assertThat(runtime.saver.flush(A_DAY)).isTrue();
  }

  @ParameterizedTest(name = "{0} throws {1}")
  @MethodSource("everyMethodWithEveryThrowable")
  @DisplayName("whatever the store throws affects no caller, and saving continues")
  void method_throwsAnything_isAnOutageThatEnds(
      String method, String name, Supplier<Throwable> thrown) {
    leaveOpen();
    attacked = method;
    misdeed = work -> {
      throw thrown.get();
    };
    Runtime runtime = new Runtime(time);
    runtime.saver.start(runtime);
    CircuitBreaker breaker = runtime.breaker("b");
    breaker.disable();
    time.advance(Duration.ofHours(2));
    assertThat(runtime.saver.status().lastError() != null)
        .as("shown as an outage: %s", runtime.saver.status())
        .isEqualTo(!List.of("close", "remove").contains(method));

    assertSavesAgain(runtime, breaker);

    misdeed = work -> {
      throw thrown.get();
    };
    runtime.saver.close();
  }

  static Stream<Arguments> nonsense() {
    SavedBreaker row = open("x");
    List<SavedBreaker> forEver = new AbstractList<>() {
      @Override
      public SavedBreaker get(int index) {
        return row;
      }

      @Override
      public int size() {
        return Integer.MAX_VALUE;
      }

      @Override
      public Iterator<SavedBreaker> iterator() {
        return Stream.generate(() -> row).iterator();
      }
    };
    return Stream.of(
        arguments("load", "null", (Misdeed) work -> null),
        arguments(
            "load", "rows without end", (Misdeed) work -> StateStore.Loaded.of(forEver, List.of())),
        arguments("load", "problems without end", (Misdeed) work ->
            StateStore.Loaded.of(List.of(), Collections.nCopies(Integer.MAX_VALUE, "no\nend"))),
        arguments("load", "null rows and null problems", (Misdeed) work ->
            StateStore.Loaded.of(Arrays.asList(null, row, null), Arrays.asList(null, "p", null))),
        arguments("load", "one breaker many times", (Misdeed)
            work -> StateStore.Loaded.of(Collections.nCopies(1000, row), List.of())),
        arguments("save", "less than none", (Misdeed) work -> {
          work.get();
          return Integer.MIN_VALUE;
        }),
        arguments("save", "more than all", (Misdeed) work -> {
          work.get();
          return Integer.MAX_VALUE;
        }));
  }

  private static SavedBreaker open(String name) {
    return MemoryStateStoreTest.savedAt(name.length());
  }

  @ParameterizedTest(name = "{0} gives {1}")
  @MethodSource("nonsense")
  void method_returnsNonsense_affectsNoCaller(String method, String what, Misdeed nonsense) {
    attacked = method;
    misdeed = nonsense;
    Runtime runtime = new Runtime(time);
    runtime.saver.start(runtime);
    CircuitBreaker breaker = runtime.breaker("b");
    breaker.disable();
    time.advance(Duration.ofHours(2));
    assertThat(runtime.saver.status().saved()).isBetween(0L, 600L);

    assertSavesAgain(runtime, breaker);
  }

  /** Manual clocks, with its own threads. */
  private TimeSource withThreads() {
    return (TimeSource) Proxy.newProxyInstance(
        TimeSource.class.getClassLoader(),
        new Class<?>[] {TimeSource.class},
        (proxy, method, arguments) ->
            method.getName().equals("executor") ? null : method.invoke(time, arguments));
  }

  /** A runtime with a breaker whose state is to be saved by a store that hangs in a method until it is released. */
  private final class Hang {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);
    final Runtime runtime = new Runtime(withThreads());
    final CircuitBreaker breaker;

    Hang(String method) {
      assertThat(runtime.saver.start(runtime)).isNull();
      breaker = runtime.breaker("b");
      attacked = method;
      misdeed = work -> {
        begun.countDown();
        released.await();
        return work.get();
      };
      breaker.disable();
    }

    void release() {
      released.countDown();
      runtime.dispatcher.close();
    }
  }

  @Test
  @DisplayName("a store that hangs while it saves is reported, and delays no caller")
  void save_hangs_isReportedAndDelaysNoCaller() throws Exception {
    Hang hang = new Hang("save");
    assertThat(hang.runtime.saver.flush(Duration.ofMillis(500))).isFalse();
    assertThat(hang.begun.await(10, TimeUnit.SECONDS)).isTrue();
    time.advance(Duration.ofSeconds(12));
    assertThat(hang.runtime.saver.status().lastError()).isEqualTo("save: no answer for 12 s");
    assertThat(hang.runtime.saver.status().failingSince()).isNotNull();
    assertThat(hang.breaker.state()).isEqualTo(CircuitBreakerState.DISABLED);
    hang.runtime.saver.close(Duration.ofMillis(50));
    hang.release();
  }

  @ParameterizedTest
  @CsvSource({"save, save", "purgeSavedBefore, purge"})
  @DisplayName("each method that hangs is reported until it answers")
  void method_hangs_isReportedUntilItAnswers(String method, String reported) throws Exception {
    Hang hang = new Hang(method);
    time.advance(Duration.ofMinutes(63));
    assertThat(hang.begun.await(10, TimeUnit.SECONDS)).isTrue();
    time.advance(Duration.ofSeconds(12));
    assertThat(hang.runtime.saver.status().lastError()).startsWith(reported + ": no answer for ");
    hang.release();
    time.advance(Duration.ofSeconds(12));
    assertThat(hang.runtime.saver.status().lastError()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"save", "close"})
  @DisplayName("a store that hangs when the runtime closes is closed once it answers")
  void method_hangsAtClosing_closesTheStoreOnceItAnswers(String method) {
    Hang hang = new Hang(method);
    hang.runtime.saver.close(Duration.ofMillis(50));
    hang.release();
    assertThat(store.closed).isEqualTo(1);
  }

  @Test
  @DisplayName("a log handler that throws once does not end saving")
  void logHandler_throws_savingGoesOn() {
    Logger logger = Logger.getLogger(StoreConnection.class.getName());
    Handler throwing = new Handler() {
      @Override
      public void publish(LogRecord line) {
        throw new NoClassDefFoundError("a/Formatter");
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    Runtime runtime = new Runtime(time);
    runtime.saver.start(runtime);
    CircuitBreaker breaker = runtime.breaker("b");
    logger.addHandler(throwing);
    try {
      attacked = "save";
      misdeed = work -> {
        throw new StateStoreException("disk full", null);
      };
      breaker.disable();
      time.advance(A_MOMENT);
      assertThat(runtime.saver.status().lastError()).isEqualTo("save: disk full");
      assertSavesAgain(runtime, breaker);
    } finally {
      logger.removeHandler(throwing);
    }
  }
}
