package io.aragora.resilience.discovery;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.GlobalResilience;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.runtime.ResilienceProvider;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The runtime of the process, while code of the application runs that takes part in building it. */
class GlobalResilienceTest {
  private final List<Object> seen = new ArrayList<>();
  private final Thread thread = Thread.currentThread();
  private final ClassLoader before = thread.getContextClassLoader();

  @BeforeEach
  void plugIn() {
    thread.setContextClassLoader(PluginLoader.of(PluggedGlobal.class)
        .declare(ResilienceProvider.class, PluggedGlobal.class.getName()));
  }

  @AfterEach
  void unplug() {
    GlobalResilience.close();
    thread.setContextClassLoader(before);
    System.getProperties().remove(PluggedGlobal.RUNTIMES);
  }

  private static void build(Supplier<Resilience> runtimes) {
    System.getProperties().put(PluggedGlobal.RUNTIMES, runtimes);
  }

  private Resilience fake(String name) {
    return (Resilience) Proxy.newProxyInstance(
        getClass().getClassLoader(), new Class<?>[] {Resilience.class}, (proxy, method, args) -> {
          if (method.getName().equals("close")) {
            seen.add(name + " closed");
          }
          return method.getName().equals("name") ? name : null;
        });
  }

  private void fails(Runnable call) {
    try {
      call.run();
    } catch (ResilienceConfigurationException e) {
      seen.add(e.getMessage());
    }
  }

  /** Whether a thread ends for which code of the application waits. */
  private static boolean ends(Runnable call) {
    return CompletableFuture.runAsync(call)
        .thenApply(ended -> true)
        .completeOnTimeout(false, 10, SECONDS)
        .join();
  }

  @Test
  void get_whileItIsBuilt_namesWhatToUse() {
    Resilience built = fake("built");
    build(() -> {
      fails(Resilience::global);
      return built;
    });

    assertThat(Resilience.global()).isSameAs(built);
    assertThat(seen)
        .containsExactly(
            "Resilience.global() was called by code that runs while the global runtime is built, such as an extension or a"
                + " log handler: use the runtime that ResilienceExtension.attach receives");
  }

  @Test
  void set_whileItIsBuilt_anotherThreadIsToldAtOnce() {
    Resilience built = fake("built");
    build(() -> {
      seen.add(ends(() -> fails(() -> GlobalResilience.set(fake("another")))));
      return built;
    });

    assertThat(Resilience.global()).isSameAs(built);
    assertThat(seen)
        .containsExactly(
            "the process already has a global runtime: call GlobalResilience.set before its first use, or"
                + " GlobalResilience.close before that",
            true);
  }

  @Test
  void close_whileItIsBuilt_byTheSameThread_doesNothing() {
    Resilience built = fake("built");
    build(() -> {
      GlobalResilience.close();
      return built;
    });

    assertThat(Resilience.global()).isSameAs(built);
    assertThat(seen).isEmpty();
    GlobalResilience.close();
    GlobalResilience.close();
    assertThat(seen).containsExactly("built closed");
  }

  @Test
  void get_buildingFails_waitingThreadsTryThemselves() {
    CompletableFuture<Resilience> waiting = new CompletableFuture<>();
    Resilience built = fake("built");
    build(() -> {
      build(() -> built);
      Thread other = new Thread(() -> waiting.complete(Resilience.global()));
      other.setContextClassLoader(thread.getContextClassLoader());
      other.start();
      throw new IllegalStateException("broken");
    });

    assertThatThrownBy(Resilience::global).hasMessage("broken");
    assertThat(waiting.orTimeout(10, SECONDS).join()).isSameAs(built);
    assertThat(Resilience.global()).isSameAs(built);
  }
}
