package io.aragora.resilience.spring;

import io.aragora.resilience.MethodPolicy;
import io.aragora.resilience.policy.CheckedSupplier;
import java.lang.reflect.Method;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.Advisor;
import org.springframework.aop.ProxyMethodInvocation;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.interceptor.ExposeInvocationInterceptor;

/** Calls a method of a bean through its policies. Thread-safe. */
final class ResilienceInterceptor implements MethodInterceptor {
  private final ProtectedBeans beans;

  ResilienceInterceptor(ProtectedBeans beans) {
    this.beans = beans;
  }

  @Override
  public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
    Object target = invocation.getThis();
    if (target == null || isAround(target)) {
      return invocation.proceed(); // a second proxy is around the first one, which has the policies
    }
    Class<?> type = AnnotatedMethods.typeOf(target);
    Method method = AnnotatedMethods.specific(invocation.getMethod(), type);
    MethodPolicy policy = beans.policyOf(method, type);
    if (policy == null) {
      return invocation.proceed();
    }
    // Of a clone, because each attempt begins at the next interceptor, perhaps on another thread,
    // which has to have the
    // invocation that advices of aspects look up.
    CheckedSupplier<@Nullable Object, Throwable> body =
        () -> ExposeInvocationInterceptor.INSTANCE.invoke(
            ((ProxyMethodInvocation) invocation).invocableClone());
    @Nullable Object[] args = invocation.getArguments();
    return ReturnedTypes.isPublisher(method.getReturnType()) || ReturnedTypes.isSuspending(method)
        ? ReactiveCalls.call(policy, target, args, body)
        : policy.call(target, args, body);
  }

  /** Returns whether an object is a proxy with this advice. */
  static boolean isAround(Object object) {
    if (object instanceof Advised advised) {
      for (Advisor advisor : advised.getAdvisors()) {
        if (advisor.getAdvice() instanceof ResilienceInterceptor) {
          return true;
        }
      }
    }
    return false;
  }
}
