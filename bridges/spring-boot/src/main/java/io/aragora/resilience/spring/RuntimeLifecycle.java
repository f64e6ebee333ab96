package io.aragora.resilience.spring;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthCheck;
import io.aragora.resilience.policy.Subscription;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * What follows when all beans exist: the health checks among them are registered, and settings that no runtime has are an
 * error. Called by one thread.
 */
final class RuntimeLifecycle implements SmartInitializingSingleton, DisposableBean {
  private final ConfigurableListableBeanFactory beans;
  private final List<Subscription> checks = new ArrayList<>();

  RuntimeLifecycle(ConfigurableListableBeanFactory beans) {
    this.beans = beans;
  }

  @Override
  public void afterSingletonsInstantiated() {
    ResilienceSettings settings = beans.getBean(ResilienceSettings.class);
    Resilience resilience = beans.getBeanProvider(Resilience.class).getIfUnique();
    if (resilience == null) {
      return; // several runtimes: the application names the one that it wants at each place
    }
    for (String name : beans.getBeanNamesForType(Resilience.class)) {
      settings.requireUse(name);
      beans.registerDependentBean(name, "resilienceLifecycle");
    }
    beans
        .getBeansOfType(HealthCheck.class)
        .forEach((name, check) -> checks.add(resilience.health().register(name, check)));
  }

  @Override
  public void destroy() {
    checks.forEach(Subscription::close);
    checks.clear();
  }
}
