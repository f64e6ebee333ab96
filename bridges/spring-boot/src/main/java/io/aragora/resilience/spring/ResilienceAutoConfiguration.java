package io.aragora.resilience.spring;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.spi.ContextPropagator;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Role;
import org.springframework.context.annotation.Scope;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.StringUtils;

/**
 * Creates the runtime of an application, with the settings below {@code resilience} and the beans that extend it, and protects
 * the beans whose methods have annotations of the library.
 */
@AutoConfiguration
@Import(AutoProxyRegistrar.class)
public class ResilienceAutoConfiguration {
  /** Creates the auto-configuration. */
  public ResilienceAutoConfiguration() {}

  @Bean
  static ResilienceSettings resilienceSettings(
      Environment environment, ResourceLoader loader, ObjectProvider<Resilience> runtime) {
    return new ResilienceSettings(environment, loader.getClassLoader(), runtime);
  }

  /** A builder with everything, also for an application that makes its own runtime. */
  @Bean
  @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
  ResilienceBuilder resilienceBuilder(
      ResilienceSettings settings,
      Environment environment,
      ObjectProvider<TimeSource> time,
      ObjectProvider<StateStore> store,
      ObjectProvider<QuotaStore> quotas,
      ObjectProvider<ResilienceExtension> extensions,
      ObjectProvider<ContextPropagator> propagators,
      ObjectProvider<ResilienceBuilderCustomizer> customizers) {
    ResilienceBuilder builder = settings.builder();
    String application = environment.getProperty("spring.application.name");
    if (StringUtils.hasText(application) && !environment.containsProperty("resilience.name")) {
      builder.name(application);
    }
    time.ifAvailable(builder::timeSource);
    store.ifAvailable(builder::stateStore);
    quotas.ifAvailable(builder::quotaStore);
    extensions.orderedStream().forEach(builder::extension);
    propagators.orderedStream().forEach(builder::contextPropagator);
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder;
  }

  /** The runtime, unless the application has its own. Spring closes it after the beans that use it. */
  @Bean
  @ConditionalOnMissingBean
  Resilience resilience(ResilienceBuilder builder) {
    return builder.build();
  }

  @Bean
  static RuntimeLifecycle resilienceLifecycle(ConfigurableListableBeanFactory beans) {
    return new RuntimeLifecycle(beans);
  }

  @Bean
  @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
  static ProtectedBeans resilienceProtectedBeans(
      ConfigurableListableBeanFactory beans, ObjectProvider<Resilience> runtime) {
    return new ProtectedBeans(beans, runtime);
  }

  @Bean
  @Role(BeanDefinition.ROLE_INFRASTRUCTURE)
  static ResilienceAdvisor resilienceAdvisor(ProtectedBeans beans) {
    return new ResilienceAdvisor(beans);
  }

  /** Spring Cloud fires its event when a configuration server has other values. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(EnvironmentChangeEvent.class)
  static class CloudConfiguration {
    @Bean
    ApplicationListener<EnvironmentChangeEvent> resilienceReloading(ResilienceSettings settings) {
      return new Reloading(settings);
    }

    /** A class of its own, since Spring reads the type of the event from it. */
    private record Reloading(ResilienceSettings settings)
        implements ApplicationListener<EnvironmentChangeEvent> {
      @Override
      public void onApplicationEvent(@Nullable EnvironmentChangeEvent event) {
        settings.reloadOrLog(); // whatever the keys are, since placeholders may refer to them
      }
    }
  }
}
