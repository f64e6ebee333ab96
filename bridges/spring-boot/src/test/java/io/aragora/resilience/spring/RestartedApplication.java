package io.aragora.resilience.spring;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import java.io.IOException;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.devtools.restart.classloader.RestartClassLoader;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

/**
 * A process that restarts an application twice, in class loaders of devtools, so its classes are new each time. The application
 * has all auto-configurations on the path, ours and those of Spring Boot.
 */
public final class RestartedApplication {
  /** A bean of each auto-configuration that the bridge has. */
  private static final List<String> OURS = List.of(
      "resilience",
      "resilienceHealthContributor",
      "resilienceEndpoint",
      "resilienceMicrometerMetrics",
      "resilienceTelemetryCustomizer",
      "resilienceHttpProtections",
      "resilienceRestClientCustomizer",
      "resilienceWebClientCustomizer",
      "resilienceCircuitBreakerFactory",
      "resilienceReactiveCircuitBreakerFactory");

  private RestartedApplication() {}

  /** A service of the application. */
  public static class Shop {
    private final AtomicInteger calls = new AtomicInteger();

    /** Fails at first, and answers on another thread. */
    @WithCircuitBreaker("prices")
    @WithRetry(value = "prices", delay = "1 ms")
    @WithFallback("none")
    public CompletionStage<String> price(Article article) {
      return CompletableFuture.supplyAsync(() -> {
        if (calls.incrementAndGet() < 3) {
          throw new java.io.UncheckedIOException(new IOException());
        }
        return "price of " + article.name();
      });
    }

    CompletionStage<String> none(Article article) {
      return CompletableFuture.completedFuture("none");
    }
  }

  /** A class of the application. */
  public record Article(String name) {}

  /** The application. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  public static class Application implements Runnable {
    private final Shop shop;

    /** Creates it. */
    public Application(@org.springframework.context.annotation.Lazy Shop shop) {
      this.shop = shop;
    }

    @Bean
    static Shop shop() {
      return new Shop();
    }

    @Override
    public void run() {
      String price = shop.price(new Article("apples")).toCompletableFuture().join();
      if (!price.equals("price of apples")) {
        throw new IllegalStateException(price);
      }
    }
  }

  /** The class loader of devtools, which defines the classes of the application anew. */
  private static ClassLoader restarted() {
    return new RestartClassLoader(RestartedApplication.class.getClassLoader(), new URL[] {
      RestartedApplication.class.getProtectionDomain().getCodeSource().getLocation()
    });
  }

  /**
   * Restarts the application.
   *
   * @param args none
   */
  public static void main(String[] args) throws Exception {
    ReferenceQueue<ClassLoader> gone = new ReferenceQueue<>();
    List<WeakReference<ClassLoader>> loaders = new java.util.ArrayList<>();
    // Spring Boot itself keeps the class loader of the first start.
    run(RestartedApplication.class.getClassLoader());
    for (int i = 0; i < 2; i++) {
      loaders.add(new WeakReference<>(run(restarted()), gone));
    }
    for (int i = 0; i < 600 && loaders.stream().anyMatch(each -> each.get() != null); i++) {
      System.gc();
      gone.remove(50);
    }
    long left = loaders.stream().filter(each -> each.get() != null).count();
    List<String> threads = Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("restarted"))
        .toList();
    if (left > 0 || !threads.isEmpty()) {
      System.out.println("left: " + left + " class loaders, threads " + threads);
      System.exit(1);
    }
    System.out.println("nothing is left");
    System.exit(0);
  }

  private static ClassLoader run(ClassLoader loader) throws Exception {
    Thread.currentThread().setContextClassLoader(loader);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context.setClassLoader(loader);
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource(
              "settings",
              Map.of(
                  "resilience.name",
                  "restarted",
                  "resilience.retry.max-attempts",
                  5,
                  "resilience.http.enabled",
                  true,
                  "management.endpoints.web.exposure.include",
                  "resilience")));
      Class<?> application = loader.loadClass(Application.class.getName());
      context.register(application);
      context.refresh();
      for (String bean : OURS) {
        context.getBean(bean);
      }
      ((Runnable) context.getBean(application)).run();
      if (context.getBean(Resilience.class).retry("prices").totals().retries() != 2) {
        throw new IllegalStateException("the call was not protected");
      }
    } finally {
      Thread.currentThread().setContextClassLoader(RestartedApplication.class.getClassLoader());
    }
    return loader;
  }
}
