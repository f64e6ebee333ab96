package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.coalescing.ResultCache.Stored;
import io.aragora.resilience.testing.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The code of the page about coalescing, compared by {@link ReadmeTest}. */
class CoalescingSnippetsTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void page() throws IOException {
    Shop shop = article -> "1.20 for " + article;
    Map<String, Stored<String>> stored = new ConcurrentHashMap<>();
    Pipeline careful = resilience
        .unregistered()
        .pipelineBuilder("careful")
        .add(resilience.retry("r"))
        .build();
    // readme: coalescing page
    Coalescer<String, String> prices = resilience.coalescer(
        "prices",
        CoalescerConfig.<String, String>builder()
            .staleIfError(ResultCache.of(stored), Duration.ofMinutes(10)) // any bounded cache
            .build());
    String price = prices.call("apples", careful, () -> shop.price("apples"));
    CompletableFuture<String> same =
        prices.callAsync("apples", careful, () -> shop.priceLater("apples"));
    // end

    assertThat(price).isEqualTo(same.join());
    assertThat(staleResultOf(ResultCache.of(stored))).isEqualTo("1.20");
  }

  @Test
  void caffeine() {
    // readme: coalescing caffeine
    com.github.benmanes.caffeine.cache.Cache<String, Stored<String>> cache = Caffeine.newBuilder()
        .maximumSize(10_000)
        .expireAfterWrite(Duration.ofMinutes(10))
        .build();
    ResultCache<String, String> results = ResultCache.of(cache.asMap());
    // end

    assertThat(staleResultOf(results)).isEqualTo("1.20");
    assertThat(cache.estimatedSize()).isEqualTo(1);
  }

  @Test
  void jcache() {
    CacheManager caches = cachesThatStoreByValue();
    // readme: coalescing jcache
    javax.cache.Cache<String, Stored<String>> cache =
        caches.createCache("prices", new MutableConfiguration<>());
    ResultCache<String, String> results = ResultCache.of(cache::get, cache::put);
    // end

    assertThat(staleResultOf(results)).isEqualTo("1.20");
  }

  /** Stores a result and lets it stand in for a failure. */
  private String staleResultOf(ResultCache<String, String> results) {
    Coalescer<String, String> prices = resilience
        .unregistered()
        .coalescer(
            "stale",
            CoalescerConfig.<String, String>builder()
                .staleIfError(results, Duration.ofMinutes(10))
                .build());
    prices.<RuntimeException>call("apples", () -> "1.20");
    return prices.<RuntimeException>call("apples", () -> {
      throw new UncheckedIOException(new IOException("down"));
    });
  }

  /** Stands for an implementation of JCache, which stores by value unless it is told otherwise. */
  private static CacheManager cachesThatStoreByValue() {
    Map<Object, byte[]> entries = new HashMap<>();
    Object cache = proxy(javax.cache.Cache.class, (proxy, method, arguments) -> {
      if (method.getName().equals("put")) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
          out.writeObject(arguments[1]);
        }
        entries.put(arguments[0], bytes.toByteArray());
        return null;
      }
      byte[] bytes = entries.get(arguments[0]);
      if (bytes == null) {
        return null;
      }
      try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
        return in.readObject();
      }
    });
    return (CacheManager) proxy(CacheManager.class, (proxy, method, arguments) -> cache);
  }

  private static Object proxy(Class<?> type, InvocationHandler handler) {
    return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler);
  }
}
