package io.aragora.resilience.core.coalescing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Policy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Keys of one hash code whose methods throw, at every entry point of a coalescer: no flight stays behind. */
class HostileKeysTest extends CoalescerFixture {
  /** A key that collides with all others. */
  private static final class Key {
    private boolean equalsThrows;
    private boolean hashThrows;

    @Override
    public int hashCode() {
      if (hashThrows) {
        throw new AssertionError("hashCode");
      }
      return 7;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      if (equalsThrows) {
        throw new AssertionError("equals");
      }
      return this == other;
    }
  }

  private static Stream<Method> entries() {
    List<Method> entries = Arrays.stream(Coalescer.class.getMethods())
        .filter(method -> method.getParameterCount() > 1
            && method.getGenericParameterTypes()[0].getTypeName().equals("K"))
        .toList();
    assertThat(entries).hasSizeGreaterThanOrEqualTo(8);
    return entries.stream();
  }

  /** Calls an entry point, and returns the value or what was thrown. */
  private Object enter(Method entry, Coalescer<Key, String> calls, Key key, Supplier<String> body) {
    Object[] arguments = Arrays.stream(entry.getParameterTypes())
        .map(type -> argument(type, key, body))
        .toArray();
    try {
      Object result = entry.invoke(calls, arguments);
      return result instanceof CompletableFuture<?> future
          ? future.handle((value, failure) -> failure == null ? value : failure).join()
          : result;
    } catch (InvocationTargetException e) {
      return e.getCause();
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  private Object argument(Class<?> type, Key key, Supplier<String> body) {
    if (type == Policy.class) {
      return resilience.circuitBreaker("around");
    }
    if (type == Executor.class) {
      Executor direct = Runnable::run;
      return direct;
    }
    if (type == CheckedSupplier.class) {
      CheckedSupplier<String, RuntimeException> own = body::get;
      return own;
    }
    if (type == InterruptibleSupplier.class) {
      InterruptibleSupplier<String, RuntimeException> own = body::get;
      return own;
    }
    if (type == Supplier.class) {
      Supplier<CompletableFuture<String>> own = () -> CompletableFuture.completedFuture(body.get());
      return own;
    }
    return key;
  }

  @TestFactory
  Stream<DynamicTest> equalsThatThrowsAtTheEnd_leavesNoFlight() {
    return entries()
        .map(entry -> dynamicTest(entry.toGenericString(), () -> {
          Coalescer<Key, String> calls = resilience.coalescer(entry.toGenericString());
          CompletableFuture<String> first = new CompletableFuture<>();
          CompletableFuture<String> firstCall = calls.callAsync(new Key(), () -> first);
          Key key = new Key();

          Object end = enter(entry, calls, key, () -> {
            key.equalsThrows = true;
            return "well";
          });

          assertThat(end).isEqualTo("well");
          assertThat(calls.flights()).as("flights").isEqualTo(1);
          first.complete("first");
          assertThat(firstCall).isCompletedWithValue("first");
          assertThat(calls.flights()).as("flights").isZero();
        }));
  }

  @TestFactory
  Stream<DynamicTest> keyThatThrowsAtTheBeginning_reachesTheCallerAlone() {
    return entries()
        .map(entry -> dynamicTest(entry.toGenericString(), () -> {
          Coalescer<Key, String> calls = resilience.coalescer(entry.toGenericString());
          CompletableFuture<String> first = new CompletableFuture<>();
          CompletableFuture<String> firstCall = calls.callAsync(new Key(), () -> first);
          for (boolean isHash : new boolean[] {true, false}) {
            Key key = new Key();
            key.hashThrows = isHash;
            key.equalsThrows = !isHash;
            assertThat(enter(entry, calls, key, () -> "never"))
                .isInstanceOf(AssertionError.class)
                .hasToString("java.lang.AssertionError: " + (isHash ? "hashCode" : "equals"));
          }
          assertThat(enter(entry, calls, new Key(), () -> "another")).isEqualTo("another");
          assertThat(calls.flights()).isEqualTo(1);
          first.complete("first");
          assertThat(firstCall).isCompletedWithValue("first");
          assertThat(calls.flights()).isZero();
        }));
  }

  @TestFactory
  Stream<DynamicTest> equalsThatThrowsWhileResultsWait_leavesNoneWaiting() {
    return entries()
        .map(entry -> dynamicTest(entry.toGenericString(), () -> {
          CompletableFuture<Void> release = new CompletableFuture<>();
          Key first = new Key();
          Key key = new Key();
          CompletableFuture<String> second = new CompletableFuture<>();
          ResultCache<Key, String> cache = new ResultCache<>() {
            @Override
            public @Nullable Stored<String> get(Key any) {
              return null;
            }

            @Override
            public void put(Key stored, Stored<String> result) {
              if (stored == first) {
                release.join();
              } else {
                second.complete(result.value());
              }
            }
          };
          try (Resilience own = Resilience.create()) {
            Coalescer<Key, String> calls = own.coalescer(
                "c",
                CoalescerConfig.<Key, String>builder()
                    .staleIfError(cache, Duration.ofHours(1))
                    .build());
            enter(entry, calls, first, () -> "first");
            enter(entry, calls, key, () -> "second");
            key.equalsThrows = true;
            release.complete(null);

            assertThat(second).succeedsWithin(Duration.ofSeconds(30)).isEqualTo("second");
            key.equalsThrows = false;
            assertThat(calls.flights()).isZero();
          }
        }));
  }
}
