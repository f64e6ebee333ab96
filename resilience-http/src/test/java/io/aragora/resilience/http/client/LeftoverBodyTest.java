package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every kind of body that is closed, with every kind of throwable: what a body throws never reaches the call. */
class LeftoverBodyTest {
  private static HttpResponse<?> response(Supplier<Object> body) {
    return (HttpResponse<?>) Proxy.newProxyInstance(
        HttpResponse.class.getClassLoader(),
        new Class<?>[] {HttpResponse.class},
        (proxy, method, arguments) -> body.get());
  }

  @TestFactory
  Stream<DynamicTest> letGo_everyBody_everyThrowable_returns() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Throwable thrown : ForeignCodeTest.THROWABLES) {
      AutoCloseable closed = () -> ForeignCodeTest.sneak(thrown);
      Flow.Publisher<String> published = subscriber -> ForeignCodeTest.sneak(thrown);
      Flow.Publisher<String> cancelled = subscriber -> subscriber.onSubscribe(broken(thrown));
      String name = ", " + thrown.getClass().getSimpleName();
      tests.add(test("closeable" + name, response(() -> closed)));
      tests.add(test("publisher" + name, response(() -> published)));
      tests.add(test("subscription" + name, response(() -> cancelled)));
      tests.add(test("response" + name, response(() -> ForeignCodeTest.sneak(thrown))));
    }
    return tests.stream();
  }

  private static DynamicTest test(String name, HttpResponse<?> response) {
    return dynamicTest(
        name, () -> assertThatCode(() -> LeftoverBody.letGo(response)).doesNotThrowAnyException());
  }

  private static Flow.Subscription broken(Throwable thrown) {
    return new Flow.Subscription() {
      @Override
      public void request(long count) {
        ForeignCodeTest.sneak(thrown);
      }

      @Override
      public void cancel() {
        ForeignCodeTest.sneak(thrown);
      }
    };
  }
}
