package io.aragora.resilience.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.aot.BeanRegistrationAotContribution;
import org.springframework.beans.factory.aot.BeanRegistrationAotProcessor;
import org.springframework.beans.factory.support.RegisteredBean;

/** The parts that a native image has to keep: the metadata that lists known settings, and the methods of beans with annotations. */
final class NativeHints implements RuntimeHintsRegistrar, BeanRegistrationAotProcessor {
  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader loader) {
    hints.resources().registerPattern("META-INF/spring-configuration-metadata.json");
    hints.resources().registerPattern("META-INF/additional-spring-configuration-metadata.json");
  }

  @Override
  public @Nullable BeanRegistrationAotContribution processAheadOfTime(RegisteredBean bean) {
    Class<?> type = type(bean);
    Class<?> user = AnnotatedMethods.userClass(type);
    return AnnotatedMethods.isIn(user)
        ? (context, code) -> {
          if (type.isInterface()) {
            context
                .getRuntimeHints()
                .proxies()
                .registerJdkProxy(AopProxyUtils.completeJdkProxyInterfaces(type));
          }
          for (Class<?> holder : AnnotatedMethods.hierarchy(user)) {
            context
                .getRuntimeHints()
                .reflection()
                .registerType(holder, MemberCategory.INVOKE_DECLARED_METHODS);
          }
        }
        : null;
  }

  /** Returns the type of a bean; that of the product if a factory creates it. */
  private static Class<?> type(RegisteredBean bean) {
    Class<?> type = bean.isInnerBean()
        ? null // which the factory of beans does not know by its name
        : bean.getBeanFactory().getType(bean.getBeanName(), false);
    return type == null ? bean.getBeanClass() : type;
  }
}
