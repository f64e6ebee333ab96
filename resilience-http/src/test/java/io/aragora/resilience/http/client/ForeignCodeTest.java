package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every function that the client accepts, with every kind of throwable, by send and by sendAsync. */
class ForeignCodeTest {
  static final List<Throwable> THROWABLES = List.of(
      new IllegalStateException("foreign"),
      new NoClassDefFoundError("foreign"),
      new AssertionError("foreign"),
      new StackOverflowError("foreign"),
      new Exception("foreign, sneaked past the compiler"));

  /** What a test gives to the client that it builds. */
  private static final class Setup {
    final CircuitBreakerConfig.Builder breaker =
        CircuitBreakerConfig.builder().failureThreshold(100);
    final RetryConfig.Builder retry =
        RetryConfig.builder().maxAttempts(2).backoff(Backoff.constant(Duration.ofSeconds(1)));
    Predicate<HttpRequest> idempotent = request -> true;
  }

  private interface Given {
    void accept(Setup setup, Throwable thrown) throws ReflectiveOperationException;
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T, X extends Throwable> T go(Throwable thrown) throws X {
    throw (X) thrown;
  }

  static <T> T sneak(Throwable thrown) {
    return ForeignCodeTest.<T, RuntimeException>go(thrown);
  }

  private static void settings(List<Given> all, Class<?> builder, Function<Setup, Object> in) {
    for (Method setter : builder.getMethods()) {
      if (setter.getParameterCount() != 1) {
        continue;
      }
      Class<?> type = setter.getParameterTypes()[0];
      if (type == Predicate.class) {
        all.add((setup, thrown) ->
            setter.invoke(in.apply(setup), (Predicate<Object>) value -> sneak(thrown)));
      } else if (type == Function.class) {
        all.add((setup, thrown) ->
            setter.invoke(in.apply(setup), (Function<Object, Object>) value -> sneak(thrown)));
      } else if (type == Backoff.class) {
        all.add((setup, thrown) -> setter.invoke(
            in.apply(setup), Backoff.custom(retry -> ForeignCodeTest.<Long>sneak(thrown))));
      }
    }
  }

  private static List<Given> given() {
    List<Given> all = new ArrayList<>();
    all.add((setup, thrown) -> setup.idempotent = request -> sneak(thrown));
    settings(all, CircuitBreakerConfig.Builder.class, setup -> setup.breaker);
    settings(all, RetryConfig.Builder.class, setup -> setup.retry);
    return all;
  }

  /** How a request went. */
  private record Ending(@Nullable Integer status, @Nullable Throwable failure) {}

  private static Ending send(
      boolean async, ManualTime time, HttpClient client, BodyHandler<String> handler) {
    try {
      if (!async) {
        return new Ending(client.send(HttpClientFixture.get(), handler).statusCode(), null);
      }
      CompletableFuture<HttpResponse<String>> future =
          client.sendAsync(HttpClientFixture.get(), handler);
      time.advance(Duration.ofSeconds(5));
      assertThat(future).as("the future ends").isDone();
      return new Ending(future.join().statusCode(), null);
    } catch (CompletionException e) {
      return new Ending(null, e.getCause());
    } catch (Throwable e) {
      return new Ending(null, e);
    }
  }

  private static ResilientHttpClient client(Resilience resilience, Setup setup, HttpClient inner) {
    return ResilientHttpClient.builder(resilience)
        .client(inner)
        .circuitBreaker(setup.breaker.build())
        .retry(setup.retry.build())
        .idempotentIf(setup.idempotent)
        .build();
  }

  private static long outcomes(Resilience resilience) {
    return resilience.policies().keyedCircuitBreakers().stream()
        .mapToLong(keyed -> keyed.totals().successes()
            + keyed.totals().failures()
            + keyed.totals().ignored())
        .sum();
  }

  @TestFactory
  Stream<DynamicTest> everyFunction_everyThrowable_theRequestEndsAsTheServerSays() {
    List<DynamicTest> tests = new ArrayList<>();
    List<Given> all = given();
    for (int i = 0; i < all.size(); i++) {
      Given given = all.get(i);
      for (boolean async : new boolean[] {false, true}) {
        tests.add(dynamicTest("function " + i + (async ? ", sendAsync" : ", send"), () -> {
          for (Throwable thrown : THROWABLES) {
            check(given, thrown, async, 200);
            check(given, thrown, async, 503);
            check(given, thrown, async, 0);
          }
        }));
      }
    }
    return tests.stream();
  }

  private static void check(Given given, Throwable thrown, boolean async, int status)
      throws ReflectiveOperationException {
    ManualTime time = ManualTime.create().autoAdvance(true);
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Setup setup = new Setup();
      given.accept(setup, thrown);
      ScriptedClient inner = new ScriptedClient();
      IOException down = new IOException("down");
      for (int attempt = 0; attempt < 2; attempt++) {
        if (status == 0) {
          inner.fail(down);
        } else {
          inner.answer(status);
        }
      }
      Ending ending = send(async, time, client(resilience, setup, inner), BodyHandlers.ofString());
      if (status == 0) {
        assertThat(ending.failure()).as("the client's own failure").isSameAs(down);
      } else {
        assertThat(ending).as("the server's own answer").isEqualTo(new Ending(status, null));
      }
      assertThat(outcomes(resilience)).as("the call is counted once").isEqualTo(1);
    }
  }

  /** Another HTTP client. */
  private static final class Throwing extends OfflineClient {
    private final Throwable thrown;

    Throwing(Throwable thrown) {
      this.thrown = thrown;
    }

    @Override
    public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler) {
      return sneak(thrown);
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
        HttpRequest request, BodyHandler<T> handler) {
      return sneak(thrown);
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
        HttpRequest request, BodyHandler<T> handler, @Nullable PushPromiseHandler<T> pushes) {
      return sneak(thrown);
    }
  }

  @TestFactory
  Stream<DynamicTest> clientInside_thatThrows_endsTheRequestWithThat() {
    return Stream.of(false, true)
        .flatMap(async -> THROWABLES.stream()
            .map(thrown -> dynamicTest(thrown + (async ? ", sendAsync" : ", send"), () -> {
              ManualTime time = ManualTime.create().autoAdvance(true);
              try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
                Ending ending = send(
                    async,
                    time,
                    client(resilience, new Setup(), new Throwing(thrown)),
                    BodyHandlers.ofString());
                assertThat(ending.failure()).isSameAs(thrown);
                assertThat(outcomes(resilience)).as("the call is counted once").isEqualTo(1);
              }
            })));
  }
}
