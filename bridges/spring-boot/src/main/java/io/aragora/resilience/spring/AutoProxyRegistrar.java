package io.aragora.resilience.spring;

import org.springframework.aop.config.AopConfigUtils;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Registers the creator of proxies, also without AspectJ and with {@code spring.aop.auto=false}: otherwise the annotations
 * would do nothing. An application that has one keeps it.
 */
final class AutoProxyRegistrar implements ImportBeanDefinitionRegistrar {
  private final Environment environment;

  AutoProxyRegistrar(Environment environment) {
    this.environment = environment;
  }

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata importing, BeanDefinitionRegistry registry) {
    AopConfigUtils.registerAutoProxyCreatorIfNecessary(registry);
    if (environment.getProperty("spring.aop.proxy-target-class", Boolean.class, true)) {
      AopConfigUtils.forceAutoProxyCreatorToUseClassProxying(registry); // as Boot does
    }
  }
}
