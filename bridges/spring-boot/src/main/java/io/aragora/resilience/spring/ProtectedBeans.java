package io.aragora.resilience.spring;

import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/**
 * The beans whose methods have annotations, and the policies of these methods. They are created with the bean, so that an
 * annotation that cannot work is an error of the start and not of the first call. Thread-safe.
 */
final class ProtectedBeans
    implements BeanFactoryPostProcessor, BeanPostProcessor, SmartInitializingSingleton {
  private static final SpringLog LOG = SpringLog.of(ProtectedBeans.class);

  private record Key(Method method, Class<?> type) {}

  private final ConfigurableListableBeanFactory beans;
  private final ObjectProvider<Resilience> runtime;
  private final Map<Key, Optional<MethodPolicy>> policies = new ConcurrentHashMap<>();
  private final Set<String> checked = ConcurrentHashMap.newKeySet();
  private final Set<String> proxies = ConcurrentHashMap.newKeySet();
  private final Set<String> created = ConcurrentHashMap.newKeySet();

  ProtectedBeans(ConfigurableListableBeanFactory beans, ObjectProvider<Resilience> runtime) {
    this.beans = beans;
    this.runtime = runtime;
  }

  /** Returns the policies of a method; null if it has none. */
  @Nullable
  MethodPolicy policyOf(Method method, Class<?> type) {
    Key key = new Key(method, type);
    Optional<MethodPolicy> known = policies.get(key);
    if (known == null) {
      known = runtime.getObject().policies().forMethod(method, type, lookup(method, type));
      policies.put(key, known);
    }
    return known.orElse(null);
  }

  /** Returns a lookup that sees the fallbacks of a class, which need not be public. */
  private static MethodHandles.Lookup lookup(Method method, Class<?> type) {
    Class<?> holder = Proxy.isProxyClass(type) ? method.getDeclaringClass() : type;
    try {
      return MethodHandles.privateLookupIn(holder, MethodHandles.lookup());
    } catch (IllegalAccessException e) {
      return MethodHandles
          .publicLookup(); // a module that is not open: it has public fallbacks only
    }
  }

  /** Notes which beans Spring creates, also before it makes proxies. Other objects have come into the factory as they are. */
  @Override
  public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {
    factory.addBeanPostProcessor(new BeanPostProcessor() {
      @Override
      public Object postProcessBeforeInitialization(Object bean, String name) {
        if (factory.containsBeanDefinition(name)) {
          created.add(name);
        }
        return bean;
      }
    });
  }

  @Override
  public Object postProcessBeforeInitialization(Object bean, String name) {
    check(bean, name);
    return bean;
  }

  /** What a factory bean creates comes here only. */
  @Override
  public Object postProcessAfterInitialization(Object bean, String name) {
    check(bean, name);
    if (AopUtils.isAopProxy(bean)) {
      checkProxy(bean, name);
    }
    return bean;
  }

  private void check(Object bean, String name) {
    Class<?> type = AnnotatedMethods.typeOf(bean);
    if (isInfrastructure(bean)
        || !AnnotatedMethods.isIn(type)
        || !checked.add(name + ' ' + type.getName())) {
      return;
    }
    for (Class<?> holder : AnnotatedMethods.hierarchy(type)) {
      for (Method method : AnnotatedMethods.annotated(holder)) {
        if (Modifier.isPrivate(method.getModifiers())) {
          throw rejected(name, method, "a private method is not called through the bean. Widen it");
        }
        if (Modifier.isStatic(method.getModifiers())) {
          throw rejected(
              name, method, "a static method is not called through the bean. Remove static");
        }
      }
    }
    for (Method method : AnnotatedMethods.of(type)) {
      String why = ReturnedTypes.whyNot(method);
      if (why != null) {
        throw rejected(name, method, why);
      }
      try {
        policyOf(method, type);
      } catch (ResilienceConfigurationException e) {
        throw new ResilienceConfigurationException("bean '" + name + "': " + e.getMessage(), e);
      }
    }
    for (String each : beans.getBeanNamesForType(Resilience.class, false, false)) {
      beans.registerDependentBean(each, name); // Spring destroys it before the runtime
    }
  }

  /** A proxy of Spring around a bean of a scope has no policies; the bean has them. */
  private static boolean isInfrastructure(Object bean) {
    return bean instanceof AopInfrastructureBean;
  }

  @Override
  public void afterSingletonsInstantiated() {
    for (String name : beans.getSingletonNames()) {
      Object bean = beans.getSingleton(name);
      if (bean == null) {
        continue;
      }
      if (created.contains(name)) {
        checkProxy(bean, name);
      } else if (!ResilienceInterceptor.isAround(bean)
          && AnnotatedMethods.isIn(AnnotatedMethods.typeOf(bean))) {
        LOG.warn("bean '" + name
            + "' is an object that Spring did not create, such as a mock. Its annotations have no"
            + " effect");
      }
    }
  }

  /** Nothing may be silently unprotected: the bean has to be a proxy, and the proxy has to have the methods. */
  private void checkProxy(Object bean, String name) {
    Class<?> type = AnnotatedMethods.typeOf(bean);
    if (!AnnotatedMethods.isIn(type)) {
      type = AnnotatedMethods.userClass(AopUtils.getTargetClass(bean)); // a proxy hides its target
    }
    if (isInfrastructure(bean)
        || !AnnotatedMethods.isIn(type)
        || !proxies.add(name + ' ' + type.getName())) {
      return;
    }
    for (Method method : AnnotatedMethods.of(type)) {
      if (!ResilienceInterceptor.isAround(bean)) {
        throw rejected(
            name,
            method,
            "Spring did not make a proxy of the bean: it was created too early, because a post-processor of beans needs"
                + " it, or the application made a proxy of its own. Remove that dependency, that proxy, or the"
                + " annotation");
      }
      if (AopUtils.isJdkDynamicProxy(bean)) {
        if (!isInInterface(method, type)) {
          throw rejected(
              name,
              method,
              "the proxy has the methods of interfaces only, and this is none. Set"
                  + " spring.aop.proxy-target-class=true, or add it to an interface");
        }
      } else if (Modifier.isFinal(method.getModifiers())) {
        if (AnnotatedMethods.annotation(method.getDeclaringClass()) != null
            || AnnotatedMethods.standOn(method, type)) {
          throw rejected(name, method, "a proxy cannot override a final method. Remove final");
        }
        LOG.info("bean '" + name + "': the annotation of the class has no effect on "
            + method.getDeclaringClass().getName() + "." + method.getName()
            + ", because a proxy cannot override a final method (logged once)");
      }
    }
  }

  private static boolean isInInterface(Method method, Class<?> type) {
    return ClassUtils.getAllInterfacesForClassAsSet(type).stream()
        .flatMap(each -> Arrays.stream(each.getMethods()))
        .anyMatch(each -> AnnotatedMethods.specific(each, type).equals(method));
  }

  private static ResilienceConfigurationException rejected(String bean, Method method, String why) {
    String annotation = AnnotatedMethods.annotation(method);
    return new ResilienceConfigurationException("bean '" + bean + "': "
        + (annotation == null ? "an annotation" : annotation)
        + " of " + method.getDeclaringClass().getName() + "." + method.getName()
        + " cannot be applied: " + why);
  }
}
