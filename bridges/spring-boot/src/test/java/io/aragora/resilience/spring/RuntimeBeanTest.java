package io.aragora.resilience.spring;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Reconfiguration;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.MapPropertySource;

class RuntimeBeanTest {
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class));

  @Test
  void context_hasOneRuntime_andClosesItAfterTheBeansThatUseIt() {
    User[] used = new User[1];
    runner
        .withUserConfiguration(Users.class)
        .withPropertyValues("spring.application.name=shop")
        .run(context -> {
          assertThat(context.getBean(Resilience.class).name()).isEqualTo("shop");
          used[0] = context.getBean(User.class);
        });
    assertThat(used[0].wasClosed).isFalse();
    assertThat(used[0].resilience.isClosed()).isTrue();
  }

  @Test
  void context_refreshFailsAfterTheRuntimeExists_closesIt() {
    List<Resilience> built = new ArrayList<>();
    runner
        .withInitializer(context -> ((GenericApplicationContext) context)
            .registerBean("failing", Object.class, () -> {
              built.add(context.getBean(Resilience.class));
              throw new IllegalStateException("broken");
            }))
        .run(context -> assertThat(context).hasFailed());

    assertThat(built).singleElement().matches(Resilience::isClosed, "is closed");
  }

  static class Unsteady {
    private int calls;

    @WithRetry(delay = "0 s")
    public String call() {
      if (++calls == 1) {
        throw new UncheckedIOException(new IOException());
      }
      return "call " + calls;
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Below {
    @Bean
    Unsteady unsteady() {
      return new Unsteady();
    }

    @Bean
    HealthCheck disk() {
      return HealthResult::healthy;
    }
  }

  @Test
  void context_belowAnotherOne_usesTheRuntimeOfItsParentAndLeavesItOpen() {
    runner.run(parent -> {
      Resilience resilience = parent.getBean(Resilience.class);
      runner.withParent(parent).withUserConfiguration(Below.class).run(child -> {
        assertThat(child.getBean(Resilience.class)).isSameAs(resilience);
        assertThat(child.getBean(Unsteady.class).call()).isEqualTo("call 2");
        assertThat(resilience.health().names()).contains("disk");
      });
      assertThat(resilience.isClosed()).isFalse();
      assertThat(resilience.health().names()).doesNotContain("disk");
    });
  }

  @Test
  void contexts_besideEachOther_haveRuntimesOfTheirOwn() {
    runner.withPropertyValues("resilience.retry.max-attempts=4").run(one -> {
      runner
          .withPropertyValues("resilience.retry.max-attempts=5")
          .run(other -> assertThat(
                  other.getBean(Resilience.class).retry("prices").config().maxAttempts())
              .isEqualTo(5));
      Resilience resilience = one.getBean(Resilience.class);
      assertThat(resilience.isClosed()).isFalse();
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(4);
    });
  }

  static class User implements AutoCloseable {
    final Resilience resilience;
    Boolean wasClosed;

    User(Resilience resilience) {
      this.resilience = resilience;
    }

    @Override
    public void close() {
      wasClosed = resilience.isClosed();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Users {
    @Bean
    User user(Resilience resilience) {
      return new User(resilience);
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRuntime {
    @Bean
    Resilience own() {
      return Resilience.builder().name("own").build();
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class OwnRuntimeWithSettings {
    @Bean
    Resilience own(ResilienceBuilder builder) {
      return builder.name("own").build();
    }
  }

  @Test
  void ownRuntime_wins() {
    runner.withUserConfiguration(OwnRuntime.class).run(context -> {
      assertThat(context).hasSingleBean(Resilience.class);
      assertThat(context.getBean(Resilience.class).name()).isEqualTo("own");
    });
  }

  @Test
  void ownRuntime_ofTheInjectedBuilder_hasTheSettings() {
    runner
        .withUserConfiguration(OwnRuntimeWithSettings.class)
        .withPropertyValues("resilience.retry.max-attempts=7")
        .run(context -> {
          Resilience own = context.getBean(Resilience.class);
          assertThat(own.name()).isEqualTo("own");
          assertThat(own.retry("prices").config().maxAttempts()).isEqualTo(7);
        });
  }

  @Test
  void ownRuntime_thatLeavesSettingsOut_isAnError() {
    runner
        .withUserConfiguration(OwnRuntime.class)
        .withPropertyValues("resilience.retry.max-attempts=7")
        .run(context -> assertThat(context.getStartupFailure())
            .isInstanceOf(ResilienceConfigurationException.class)
            .hasMessageContaining("resilience.retry.max-attempts")
            .hasMessageContaining("the bean 'own' replaces the runtime"));
    for (String setting : List.of("resilience.endpoint.port", "resilience.properties.disk")) {
      runner
          .withUserConfiguration(OwnRuntime.class)
          .withPropertyValues(setting + "=1")
          .run(context -> assertThat(context.getStartupFailure())
              .as(setting)
              .isInstanceOf(ResilienceConfigurationException.class)
              .hasMessageContaining(setting));
    }
  }

  @Test
  void ownRuntime_variableOfOtherSoftware_isNoSettingThatIsLeftOut() {
    SettingsTest.withVariables(
            runner.withUserConfiguration(OwnRuntime.class), Map.of("RESILIENCE_NAME", "other"))
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Configuration(proxyBeanMethods = false)
  static class Extended {
    final List<String> heard = new ArrayList<>();
    final ThreadLocal<String> tenant = new ThreadLocal<>();

    @Bean
    ResilienceExtension extension() {
      return new ResilienceExtension() {
        @Override
        public AutoCloseable attach(ResilienceContext context) {
          heard.add("attached to " + context.resilience().name());
          return () -> heard.add("detached");
        }
      };
    }

    @Bean
    ContextPropagator propagator() {
      return ContextPropagator.of(tenant);
    }

    @Bean
    HealthCheck disk() {
      return HealthResult::healthy;
    }

    @Bean
    @Order(2)
    ResilienceBuilderCustomizer second() {
      return builder -> builder.name("second");
    }

    @Bean
    @Order(1)
    ResilienceBuilderCustomizer first() {
      return builder -> builder.name("first");
    }

    @Bean
    ManualTime time() {
      return ManualTime.create();
    }
  }

  @Test
  void beans_extendTheRuntime() {
    runner.withUserConfiguration(Extended.class).run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      assertThat(resilience.name()).isEqualTo("second");
      assertThat(context.getBean(Extended.class).heard).containsExactly("attached to second");
      assertThat(resilience.health().names()).contains("disk");
      ThreadLocal<String> tenant = context.getBean(Extended.class).tenant;
      tenant.set("acme");
      CompletableFuture<String> seen = resilience
          .timeout("prices", Duration.ofSeconds(10))
          .submit(tenant::get, task -> new Thread(task).start());
      assertThat(seen.join()).isEqualTo("acme");
      CompletableFuture<String> waiting =
          resilience.timeout("prices").callAsync(CompletableFuture::new);
      context.getBean(ManualTime.class).advance(Duration.ofSeconds(11));
      assertThat(waiting.handle((value, failure) -> failure != null).join()).isTrue();
      List<String> heard = context.getBean(Extended.class).heard;
      context.close();
      assertThat(heard).endsWith("detached");
    });
  }

  private static Map<String, Object> changeable(ApplicationContextRunner[] holder) {
    Map<String, Object> values = new HashMap<>();
    holder[0] = holder[0].withInitializer(context -> context
        .getEnvironment()
        .getPropertySources()
        .addFirst(new MapPropertySource("changeable", values)));
    return values;
  }

  @Test
  void reload_changedSettings_applyToExistingPolicies() {
    ApplicationContextRunner[] holder = {runner};
    Map<String, Object> values = changeable(holder);
    values.put("resilience.retry.prices.max-attempts", 4);
    values.put("resilience.max-policies", 10);
    holder[0].run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      ResilienceSettings settings = context.getBean(ResilienceSettings.class);
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(4);

      values.put("resilience.retry.prices.maxAttempts", 5);
      values.remove("resilience.retry.prices.max-attempts");
      values.put("resilience.max-policies", 11);
      Reconfiguration done = settings.reload();

      assertThat(done.changed()).containsExactly("retry 'prices'");
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(5);
      assertThat(settings.reload().changed()).isEmpty();
    });
  }

  @Test
  void reload_propertySourceWaitsForAThreadThatReloads_noDeadlock_theNewestSettingsApply() {
    ApplicationContextRunner[] holder = {runner};
    Map<String, Object> values = changeable(holder);
    values.put("resilience.retry.prices.max-attempts", 4);
    AtomicReference<Runnable> whileRead = new AtomicReference<>(() -> {});
    holder[0] = holder[0].withInitializer(context -> context
        .getEnvironment()
        .getPropertySources()
        .addLast(new MapPropertySource("waiting", Map.of("resilience.max-policies", 10)) {
          @Override
          public Object getProperty(String name) {
            whileRead.getAndSet(() -> {}).run();
            return super.getProperty(name);
          }
        }));
    holder[0].run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      ResilienceSettings settings = context.getBean(ResilienceSettings.class);
      List<Boolean> ended = new ArrayList<>();
      resilience.retry("prices");
      values.put("resilience.retry.prices.max-attempts", 5);
      whileRead.set(() -> {
        values.put("resilience.retry.prices.max-attempts", 6);
        ended.add(CompletableFuture.runAsync(settings::reload)
            .thenApply(done -> true)
            .completeOnTimeout(false, 10, SECONDS)
            .join());
      });

      settings.reload();

      assertThat(ended).containsExactly(true);
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(6);
    });
  }

  @Test
  void reload_invalidValue_changesNothingAndNamesIt() {
    ApplicationContextRunner[] holder = {runner};
    Map<String, Object> values = changeable(holder);
    holder[0].run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      values.put("resilience.retry.max-attempts", 0);
      assertThatThrownBy(context.getBean(ResilienceSettings.class)::reload)
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("resilience.retry.max-attempts")
          .hasMessageContaining("changeable");
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(3);
    });
  }

  @Test
  void reload_eventOfSpringCloud_readsTheSettingsAgain() {
    ApplicationContextRunner[] holder = {runner};
    Map<String, Object> values = changeable(holder);
    holder[0].run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      resilience.retry("prices");
      values.put("resilience.retry.max-attempts", 5);

      context.publishEvent(
          new EnvironmentChangeEvent(context, Set.of("resilience.retry.max-attempts")));
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(5);
    });
  }

  @Test
  void reload_eventForAKeyThatAPlaceholderNames_readsTheSettingsAgain() {
    ApplicationContextRunner[] holder = {runner};
    Map<String, Object> values = changeable(holder);
    values.put("attempts", 4);
    values.put("resilience.retry.max-attempts", "${attempts}");
    holder[0].run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(4);
      values.put("attempts", 5);

      context.publishEvent(new EnvironmentChangeEvent(context, Set.of("attempts")));

      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(5);
    });
  }

  @Test
  void reload_eventWithAnInvalidValue_changesNothingAndFailsNoCall() {
    ApplicationContextRunner[] holder = {runner};
    Map<String, Object> values = changeable(holder);
    holder[0].run(context -> {
      Resilience resilience = context.getBean(Resilience.class);
      resilience.retry("prices");
      values.put("resilience.retry.max-attempts", 0);

      context.publishEvent(
          new EnvironmentChangeEvent(context, Set.of("resilience.retry.max-attempts")));

      assertThat(resilience.retry("prices").config().maxAttempts()).isEqualTo(3);
    });
  }

  @Configuration(proxyBeanMethods = false)
  static class TwoRuntimes {
    @Bean
    Resilience one() {
      return Resilience.builder().name("one").build();
    }

    @Bean
    Resilience two() {
      return Resilience.builder().name("two").build();
    }
  }

  @Test
  void reload_eventWithTwoRuntimes_failsNoListener() {
    runner
        .withUserConfiguration(TwoRuntimes.class)
        .run(context -> assertThatNoException()
            .isThrownBy(() ->
                context.publishEvent(new EnvironmentChangeEvent(context, Set.of("a.setting")))));
  }

  @SuppressWarnings("serial") // never written
  static Stream<RuntimeException> failuresOfAPropertySource() {
    return Stream.of(
        new IllegalStateException("the server of settings is down"), new IllegalStateException() {
          @Override
          public String getMessage() {
            throw new IllegalStateException("no message");
          }
        });
  }

  @Test
  void reload_eventWhenAPropertySourceHasAnError_failsNoListener() {
    reloadWith(() -> {
      throw new NoClassDefFoundError("Secrets");
    });
  }

  @ParameterizedTest
  @MethodSource("failuresOfAPropertySource")
  void reload_eventWhenAPropertySourceThrows_failsNoListener(RuntimeException failure) {
    reloadWith(() -> {
      throw failure;
    });
  }

  private void reloadWith(Runnable broken) {
    AtomicBoolean isBroken = new AtomicBoolean();
    AtomicInteger thrown = new AtomicInteger();
    runner
        .withInitializer(context -> context
            .getEnvironment()
            .getPropertySources()
            .addFirst(new MapPropertySource("remote", Map.of("resilience.name", "shop")) {
              @Override
              public Object getProperty(String name) {
                if (isBroken.get()) {
                  thrown.incrementAndGet();
                  broken.run();
                }
                return super.getProperty(name);
              }
            }))
        .run(context -> {
          EnvironmentChangeEvent event = new EnvironmentChangeEvent(context, Set.of("a.setting"));
          isBroken.set(true);
          try {
            assertThatNoException().isThrownBy(() -> context.publishEvent(event));
          } finally {
            isBroken.set(false);
          }
          assertThat(thrown).hasPositiveValue();
        });
  }
}
