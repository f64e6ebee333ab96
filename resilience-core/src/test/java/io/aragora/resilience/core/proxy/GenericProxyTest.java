package io.aragora.resilience.core.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Inherited annotations, and methods whose types only their subtypes define. */
class GenericProxyTest extends ProxyFixture {
  interface Repository<K> {
    String find(K key) throws IOException;
  }

  @WithRetry(maxAttempts = 2, retryOn = IOException.class)
  abstract static class Base<K> implements Repository<K> {}

  static final class Users extends Base<Integer> {
    int calls;

    @Override
    public String find(Integer key) throws IOException {
      calls++;
      throw new IOException("down");
    }
  }

  static final class Orders extends Base<Integer> {
    int calls;

    @Override
    @WithRetry(maxAttempts = 4, retryOn = IOException.class)
    public String find(Integer key) throws IOException {
      calls++;
      throw new IOException("down");
    }
  }

  @Test
  void annotations_ofGenericMethods_areInheritedAndTheNearestHolds() {
    Users users = new Users();
    @SuppressWarnings("unchecked")
    Repository<Integer> repository = proxy(Repository.class, users);
    assertThatThrownBy(() -> repository.find(1)).isInstanceOf(IOException.class);
    assertThat(users.calls).isEqualTo(2);
    Orders orders = new Orders();
    @SuppressWarnings("unchecked")
    Repository<Integer> nearer = proxy(Repository.class, orders);
    assertThatThrownBy(() -> nearer.find(1)).isInstanceOf(IOException.class);
    assertThat(orders.calls).isEqualTo(4);
  }

  /** Returns a value of its type argument. */
  interface Source<T> {
    T get(String key);
  }

  @WithRetry(maxAttempts = 2, retryOn = IOException.class)
  interface Futures<V> extends Source<CompletionStage<V>> {}

  interface Texts extends Futures<String> {}

  interface Overridden extends Source<CompletionStage<String>> {
    @Override
    @WithRetry(maxAttempts = 2, retryOn = IOException.class)
    CompletionStage<String> get(String key);
  }

  interface Unwatched extends Source<Future<String>> {
    @Override
    @WithRetry
    Future<String> get(String key);
  }

  @WithRetry
  interface UnwatchedByType extends Source<Future<String>> {}

  @Test
  void futuresOfGenericMethods_takeTheAsynchronousPath() {
    List<CompletableFuture<String>> calls = new ArrayList<>();
    assertThat(retried(proxy(Texts.class, key -> begun(calls)), calls)).isTrue();
    assertThat(retried(proxy(Overridden.class, key -> begun(calls)), calls)).isTrue();
    Source<CompletionStage<String>> classOnly = new Source<>() {
      @Override
      @WithRetry(maxAttempts = 2, retryOn = IOException.class)
      public CompletionStage<String> get(String key) {
        return begun(calls);
      }
    };
    @SuppressWarnings("unchecked")
    Source<CompletionStage<String>> ofTarget = proxy(Source.class, classOnly);
    assertThat(retried(ofTarget, calls)).isTrue();
    assertThatThrownBy(() -> proxy(UnwatchedByType.class, key -> null))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("get(")
        .hasMessageContaining("not a Future");
    assertThatThrownBy(() -> proxy(Unwatched.class, key -> null))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContaining("not a Future");
  }

  private static CompletableFuture<String> begun(List<CompletableFuture<String>> calls) {
    calls.add(new CompletableFuture<>());
    return calls.get(calls.size() - 1);
  }

  /** Called through the generic interface, which does not know that its value is a future. */
  private boolean retried(
      Source<CompletionStage<String>> source, List<CompletableFuture<String>> calls) {
    calls.clear();
    CompletableFuture<String> given = source.get("pear").toCompletableFuture();
    calls.get(0).completeExceptionally(new IOException("down"));
    time.advance(Duration.ofMinutes(1));
    if (calls.size() < 2) {
      return false;
    }
    calls.get(1).complete("pear");
    return given.getNow("nothing").equals("pear");
  }
}
