package io.aragora.resilience.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.beans.factory.aot.BeanRegistrationAotContribution;
import org.springframework.beans.factory.aot.BeanRegistrationAotProcessor;
import org.springframework.beans.factory.support.RegisteredBean;
import org.springframework.util.ClassUtils;

/** What a native image has to keep: the metadata that lists known settings, and the methods of beans with annotations. */
final class NativeHints implements RuntimeHintsRegistrar, BeanRegistrationAotProcessor {
  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader loader) {
    hints.resources().registerPattern("META-INF/spring-configuration-metadata.json");
    hints.resources().registerPattern("META-INF/additional-spring-configuration-metadata.json");
  }

  @Override
  public @Nullable BeanRegistrationAotContribution processAheadOfTime(RegisteredBean bean) {
    Class<?> type = ClassUtils.getUserClass(bean.getBeanClass());
    return AnnotatedMethods.isIn(type)
        ? (context, code) -> {
          for (Class<?> holder : AnnotatedMethods.hierarchy(type)) {
            context
                .getRuntimeHints()
                .reflection()
                .registerType(holder, MemberCategory.INVOKE_DECLARED_METHODS);
          }
        }
        : null;
  }
}
