package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithRetry;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Calls that are under way when an application ends, and what it leaves behind. */
class ShutdownTest {
  static class Shop {
    int calls;

    @WithRetry(maxAttempts = 2, delay = "1 ms")
    public String price(CountDownLatch entered, CountDownLatch release) {
      entered.countDown();
      await(release);
      if (++calls % 2 == 1) {
        throw new UncheckedIOException(new IOException());
      }
      return "price " + calls;
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Begins to stop before the server does, and so shows that the application is closing. */
  static class Closing implements SmartLifecycle {
    final CountDownLatch begun = new CountDownLatch(1);
    private boolean isRunning;

    @Override
    public void start() {
      isRunning = true;
    }

    @Override
    public void stop() {
      begun.countDown();
      isRunning = false;
    }

    @Override
    public boolean isRunning() {
      return isRunning;
    }
  }

  @RestController
  static class Page implements AutoCloseable {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    private final Shop shop;
    String last = "";

    Page(Shop shop) {
      this.shop = shop;
    }

    @GetMapping("/price")
    String price() {
      return shop.price(entered, release);
    }

    /** A bean may make calls while it is closed. */
    @Override
    public void close() {
      last = shop.price(entered, release);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {
    @Bean
    Shop shop() {
      return new Shop();
    }

    @Bean
    Page page(Shop shop) {
      return new Page(shop);
    }

    @Bean
    Closing closing() {
      return new Closing();
    }
  }

  @Test
  void close_callUnderWay_endsThroughItsPoliciesBeforeTheRuntimeIsClosed() throws Exception {
    SpringApplication application = new SpringApplication(Application.class);
    application.setRegisterShutdownHook(false);
    ConfigurableApplicationContext context = application.run(
        "--server.port=0", "--server.shutdown=graceful", "--spring.main.banner-mode=off");
    Resilience resilience = context.getBean(Resilience.class);
    Page page = context.getBean(Page.class);
    Closing closing = context.getBean(Closing.class);
    String port = context.getEnvironment().getProperty("local.server.port");

    CompletableFuture<HttpResponse<String>> answer = HttpClient.newHttpClient()
        .sendAsync(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/price"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    await(page.entered);
    CompletableFuture<Void> closed = CompletableFuture.runAsync(context::close);
    await(closing.begun);
    assertThat(resilience.isClosed()).isFalse();
    page.release.countDown();

    assertThat(answer.get(1, TimeUnit.MINUTES).body()).isEqualTo("price 2");
    closed.get(1, TimeUnit.MINUTES);
    assertThat(page.last).isEqualTo("price 4");
    assertThat(resilience.isClosed()).isTrue();
  }

  @Test
  void restart_ofTheApplication_leavesNoThreadAndNoClassLoader() throws Exception {
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m",
        "-XX:SoftRefLRUPolicyMSPerMB=0", // caches of frameworks are soft
        "-cp",
        System.getProperty("java.class.path"),
        RestartedApplication.class.getName()));
    File output = File.createTempFile("restarts", ".txt");

    Process process = new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(output)
        .start();

    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(java.nio.file.Files.readString(output.toPath())).contains("nothing is left");
    assertThat(process.exitValue()).isZero();
  }
}
