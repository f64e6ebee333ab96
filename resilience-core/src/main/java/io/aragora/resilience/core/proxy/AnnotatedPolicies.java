package io.aragora.resilience.core.proxy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithConcurrencyLimit;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRateLimiter;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.annotation.WithTimeout;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.core.settings.SettingText;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Creates the policies that the annotations of an interface and its target declare. */
final class AnnotatedPolicies {
  /** The place of an annotation, as messages show it. */
  private record Place(
      Annotation annotation, Class<?> type, @Nullable Method method) {
    @Override
    public String toString() {
      return "@" + annotation.annotationType().getSimpleName() + " of " + type.getName()
          + (method == null ? "" : "." + method.getName());
    }
  }

  /** Creates a policy from an annotation. */
  private interface Factory<A extends Annotation> {
    Policy create(A annotation, String defaultName, Place place);
  }

  /** An annotation, and what it declares. */
  private record Single<A extends Annotation>(Class<A> annotation, Factory<A> factory) {}

  /** The annotations of one policy each, the outermost first. */
  private final List<Single<?>> singles = List.of(
      new Single<>(WithCircuitBreaker.class, this::breaker),
      new Single<>(WithRetry.class, this::retry),
      new Single<>(WithRateLimiter.class, this::rateLimiter),
      new Single<>(WithConcurrencyLimit.class, this::concurrencyLimit),
      new Single<>(WithBulkhead.class, this::bulkhead),
      new Single<>(WithTimeout.class, this::timeout));

  private final Resilience resilience;
  private final AnnotatedDeclarations declarations;
  private final Class<?> type;
  private final AnnotationSearch search;
  private final TypeArguments arguments;
  private final MethodNames names;

  AnnotatedPolicies(
      Resilience resilience, AnnotatedDeclarations declarations, Class<?> type, Class<?> target) {
    this.resilience = resilience;
    this.declarations = declarations;
    this.type = type;
    this.search = new AnnotationSearch(type, target);
    this.arguments = new TypeArguments(type, target);
    this.names = new MethodNames(type);
  }

  /**
   * Returns the policy of a method: the named pipeline, or its breaker, retry and timeout around
   * each other; null if the method has no annotation.
   */
  @Nullable
  Policy policy(Method method) {
    WithPipeline named = named(method);
    if (named != null) {
      return resilience.pipeline(named.value());
    }
    List<Policy> policies = policies(method);
    if (policies.size() < 2) {
      return policies.isEmpty() ? null : policies.get(0);
    }
    return pipeline(method, policies);
  }

  /** Returns the policy of a method as a pipeline, because a fallback needs one. */
  Pipeline pipeline(Method method) {
    WithPipeline named = named(method);
    if (named != null) {
      return resilience.pipeline(named.value());
    }
    List<Policy> policies = policies(method);
    if (policies.isEmpty()) {
      throw new IllegalArgumentException(
          "@WithFallback must stand beside a policy annotation; alone it would only hide failures");
    }
    return pipeline(method, policies);
  }

  private Pipeline pipeline(Method method, List<Policy> policies) {
    Pipeline.Builder pipeline = resilience.unregistered().pipelineBuilder(names.of(method));
    policies.forEach(pipeline::add);
    return pipeline.build();
  }

  /** Returns how the policy of a method is called. */
  ProtectedMethod.Way way(Method method) {
    return ProtectedMethod.way(method, arguments.resultOf(method));
  }

  /**
   * Returns the fallback of a method.
   *
   * @param holder the interface or class that has it
   */
  @Nullable
  FallbackMethod fallback(Method method, Class<?> holder) {
    WithFallback annotation = search.onMethod(WithFallback.class, method);
    return annotation == null ? null : FallbackMethod.of(annotation, holder, method, arguments);
  }

  /**
   * Returns the pipeline annotation; one on the method overrides one on the type. Another
   * annotation beside it is an error, because their order would be undefined.
   */
  private @Nullable WithPipeline named(Method method) {
    WithPipeline onMethod = search.onMethod(WithPipeline.class, method);
    WithPipeline named = onMethod != null ? onMethod : search.onType(WithPipeline.class);
    if (named != null) {
      for (Single<?> single : singles) {
        if (search.onMethod(single.annotation, method) != null
            || (onMethod == null && search.onType(single.annotation) != null)) {
          throw new IllegalArgumentException("@WithPipeline(\"" + named.value()
              + "\") must be the only policy annotation of the method. Remove @"
              + single.annotation.getSimpleName());
        }
      }
    }
    return named;
  }

  private List<Policy> policies(Method method) {
    List<Policy> policies = new ArrayList<>();
    for (Single<?> single : singles) {
      add(policies, single, method);
    }
    return policies;
  }

  private <A extends Annotation> void add(List<Policy> policies, Single<A> single, Method method) {
    A onMethod = search.onMethod(single.annotation, method);
    if (onMethod != null) {
      policies.add(
          single.factory.create(onMethod, names.of(method), new Place(onMethod, type, method)));
      return;
    }
    A onType = search.onType(single.annotation);
    if (onType != null) {
      policies.add(single.factory.create(onType, type.getName(), new Place(onType, type, null)));
    }
  }

  private static String name(String given, String otherwise) {
    return given.isEmpty() ? otherwise : given;
  }

  private Policy breaker(WithCircuitBreaker annotation, String defaultName, Place place) {
    String name = name(annotation.value(), defaultName);
    return annotation.provider().isEmpty()
        ? resilience.circuitBreaker(name)
        : declarations.circuitBreakerFromPreset(
            name, CircuitBreakerPresets.named(annotation.provider()), place);
  }

  private Policy rateLimiter(WithRateLimiter annotation, String defaultName, Place place) {
    String name = name(annotation.value(), defaultName);
    if (annotation.limit() == 0
        && annotation.period().isEmpty()
        && annotation.maxWait().isEmpty()) {
      return resilience.rateLimiter(name);
    }
    RateLimiterConfig.Builder config = RateLimiterConfig.builder();
    if (annotation.limit() != 0) {
      config.limit(annotation.limit());
    }
    if (!annotation.period().isEmpty()) {
      config.period(new SettingText("@WithRateLimiter period", annotation.period()).duration());
    }
    if (!annotation.maxWait().isEmpty()) {
      config.maxWait(new SettingText("@WithRateLimiter maxWait", annotation.maxWait()).duration());
    }
    return declarations.rateLimiter(name, config.build(), place);
  }

  private Policy concurrencyLimit(
      WithConcurrencyLimit annotation, String defaultName, Place place) {
    String name = name(annotation.value(), defaultName);
    if (annotation.most() == 0 && annotation.healthyLatency().isEmpty()) {
      return resilience.concurrencyLimit(name).withPriority(annotation.priority());
    }
    ConcurrencyLimitConfig.Builder config = ConcurrencyLimitConfig.builder();
    if (annotation.most() != 0) {
      config.most(annotation.most());
    }
    if (!annotation.healthyLatency().isEmpty()) {
      config.healthyLatency(
          new SettingText("@WithConcurrencyLimit healthyLatency", annotation.healthyLatency())
              .duration());
    }
    return declarations
        .concurrencyLimit(name, config.build(), place)
        .withPriority(annotation.priority());
  }

  private Policy bulkhead(WithBulkhead annotation, String defaultName, Place place) {
    String name = name(annotation.value(), defaultName);
    if (annotation.maxConcurrentCalls() == 0 && annotation.maxWait().isEmpty()) {
      return resilience.bulkhead(name);
    }
    BulkheadConfig.Builder config = BulkheadConfig.builder();
    if (annotation.maxConcurrentCalls() != 0) {
      config.maxConcurrentCalls(annotation.maxConcurrentCalls());
    }
    if (!annotation.maxWait().isEmpty()) {
      config.maxWait(new SettingText("@WithBulkhead maxWait", annotation.maxWait()).duration());
    }
    return declarations.bulkhead(name, config.build(), place);
  }

  private Policy timeout(WithTimeout annotation, String defaultName, Place place) {
    Duration limit = new SettingText("@WithTimeout", annotation.value()).duration();
    return declarations.timeout(
        name(annotation.name(), defaultName), TimeoutConfig.of(limit), place);
  }

  private Retry retry(WithRetry annotation, String defaultName, Place place) {
    String name = name(annotation.value(), defaultName);
    boolean isDeclared = !annotation.provider().isEmpty()
        || annotation.maxAttempts() != 0
        || !annotation.delay().isEmpty()
        || !annotation.backoff().equals("exponential")
        || annotation.backoffFactor() != 0
        || !annotation.maxDelay().isEmpty()
        || !annotation.jitter().isEmpty()
        || !annotation.jitterAmount().isEmpty()
        || !annotation.maxDuration().isEmpty()
        || annotation.retryOn().length != 0
        || annotation.abortOn().length != 0;
    return isDeclared
        ? declarations.retry(name, config(annotation), place)
        : resilience.retry(name);
  }

  private static RetryConfig config(WithRetry annotation) {
    RetryConfig.Builder config = annotation.provider().isEmpty()
        ? RetryConfig.builder()
        : RetryPresets.named(annotation.provider()).toBuilder();
    if (annotation.maxAttempts() != 0) {
      config.maxAttempts(annotation.maxAttempts());
    }
    if (!annotation.maxDuration().isEmpty()) {
      config.maxDuration(duration("maxDuration", annotation.maxDuration()));
    }
    config.backoff(backoff(annotation, config.build().backoff()));
    return config.retryOn(annotation.retryOn()).abortOn(annotation.abortOn()).build();
  }

  private static Backoff backoff(WithRetry annotation, Backoff before) {
    Backoff backoff = before;
    if (!annotation.delay().isEmpty()) {
      Duration delay = duration("delay", annotation.delay());
      if (annotation.backoffFactor() == 0) {
        backoff = Backoff.named(annotation.backoff(), delay);
      } else if (annotation.backoff().equals("exponential")) {
        backoff = Backoff.exponential(delay, annotation.backoffFactor());
      } else {
        throw new IllegalArgumentException(
            "@WithRetry backoffFactor must not be set unless backoff is exponential: "
                + annotation.backoff());
      }
    } else if (!annotation.backoff().equals("exponential")) {
      throw new IllegalArgumentException(
          "@WithRetry delay must be set if backoff is set: " + annotation.backoff());
    } else if (annotation.backoffFactor() != 0) {
      throw new IllegalArgumentException(
          "@WithRetry delay must be set if backoffFactor is set: " + annotation.backoffFactor());
    }
    if (!annotation.maxDelay().isEmpty()) {
      backoff = backoff.cappedAt(duration("maxDelay", annotation.maxDelay()));
    }
    if (!annotation.jitterAmount().isEmpty()) {
      if (!annotation.jitter().isEmpty()) {
        throw new IllegalArgumentException(
            "@WithRetry jitter must not be set if jitterAmount is set: " + annotation.jitter());
      }
      return backoff.withJitter(duration("jitterAmount", annotation.jitterAmount()));
    }
    return annotation.jitter().isEmpty()
        ? backoff
        : backoff.withJitter(Jitter.named(annotation.jitter()));
  }

  private static Duration duration(String element, String text) {
    return new SettingText("@WithRetry " + element, text).duration();
  }
}
