package io.aragora.resilience.spring;

import java.lang.reflect.Method;
import org.aopalliance.aop.Advice;
import org.springframework.aop.ClassFilter;
import org.springframework.aop.MethodMatcher;
import org.springframework.aop.Pointcut;
import org.springframework.aop.PointcutAdvisor;
import org.springframework.aop.support.StaticMethodMatcher;
import org.springframework.core.Ordered;

/**
 * Puts the policies of all annotations around the methods of beans, as one advice. Their order is that of the library, and no
 * setting changes it.
 */
final class ResilienceAdvisor implements PointcutAdvisor, Ordered {
  /**
   * Outside transactions, caching and aspects without an order, which are last: each attempt has a transaction of its own, and a
   * call that is rejected begins none. Inside the security of methods: a call without permission takes no permit.
   */
  static final int ORDER = Ordered.LOWEST_PRECEDENCE - 1000;

  private final ResilienceInterceptor interceptor;

  ResilienceAdvisor(ProtectedBeans beans) {
    this.interceptor = new ResilienceInterceptor(beans);
  }

  @Override
  public int getOrder() {
    return ORDER;
  }

  @Override
  public Advice getAdvice() {
    return interceptor;
  }

  @Override
  public boolean isPerInstance() {
    return false;
  }

  @Override
  public Pointcut getPointcut() {
    return Annotated.INSTANCE;
  }

  private static final class Annotated extends StaticMethodMatcher
      implements Pointcut, ClassFilter {
    static final Annotated INSTANCE = new Annotated();

    @Override
    public ClassFilter getClassFilter() {
      return this;
    }

    @Override
    public MethodMatcher getMethodMatcher() {
      return this;
    }

    @Override
    public boolean matches(Class<?> type) {
      return AnnotatedMethods.isIn(type);
    }

    @Override
    public boolean matches(Method method, Class<?> type) {
      return AnnotatedMethods.isIn(type)
          && AnnotatedMethods.applyTo(AnnotatedMethods.specific(method, type), type);
    }
  }
}
