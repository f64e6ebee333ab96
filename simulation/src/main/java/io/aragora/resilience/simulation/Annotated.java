package io.aragora.resilience.simulation;

import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithConcurrencyLimit;
import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithPipeline;
import io.aragora.resilience.annotation.WithRateLimiter;
import io.aragora.resilience.annotation.WithRetry;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What callers call through a proxy: each method runs what it is given. The annotations name policies of the life. */
interface Annotated {
  /** The policies of {@link ByAnnotations}, from the outside in. */
  List<Plan.Kind> KINDS = List.of(
      Plan.Kind.BREAKER, Plan.Kind.RETRY, Plan.Kind.LIMITER, Plan.Kind.LIMIT, Plan.Kind.BULKHEAD);

  /** What the name of each policy of {@link ByAnnotations} begins with. */
  String PREFIX = "annotated";

  Object call(Subject.Inside inside) throws Throwable;

  Object callInterruptibly(Subject.Inside inside) throws Throwable, InterruptedException;

  CompletionStage<Object> callAsync(Subject.InsideAsync inside);

  @WithFallback("instead")
  Object callOrElse(Subject.Inside inside) throws Throwable;

  @WithFallback("instead")
  Object callInterruptiblyOrElse(Subject.Inside inside) throws Throwable, InterruptedException;

  @WithFallback("insteadOfAsync")
  CompletionStage<Object> callAsyncOrElse(Subject.InsideAsync inside);

  Object instead(Subject.Inside inside, Exception failure);

  Object insteadOfAsync(Subject.InsideAsync inside, Exception failure);

  /** Goes through the first pipeline of a life. */
  @WithPipeline("p0")
  interface ByFirstPipeline extends Annotated {}

  /** Goes through the second pipeline of a life. */
  @WithPipeline("p1")
  interface BySecondPipeline extends Annotated {}

  /** Goes through the third pipeline of a life. */
  @WithPipeline("p2")
  interface ByThirdPipeline extends Annotated {}

  /** Goes through policies whose order the library decides, not that of the annotations. */
  @WithBulkhead("annotated-bulkhead")
  @WithConcurrencyLimit("annotated-limit")
  @WithRateLimiter("annotated-limiter")
  @WithRetry("annotated-retry")
  @WithCircuitBreaker("annotated-breaker")
  interface ByAnnotations extends Annotated {}

  /**
   * Returns a proxy that goes through the policies of a stack.
   *
   * @param index the number of its pipeline
   * @return the proxy; null if no annotation names that pipeline
   */
  static @Nullable Annotated proxy(World world, Plan.Stack stack, int index) {
    Target target = new Target(world.foreign());
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    if (isAnnotated(stack)) {
      return world.resilience().proxy(ByAnnotations.class, target, lookup);
    }
    return switch (index) {
      case 0 -> world.resilience().proxy(ByFirstPipeline.class, target, lookup);
      case 1 -> world.resilience().proxy(BySecondPipeline.class, target, lookup);
      case 2 -> world.resilience().proxy(ByThirdPipeline.class, target, lookup);
      default -> null;
    };
  }

  /** Whether the policies of a stack are those of {@link ByAnnotations}. */
  static boolean isAnnotated(Plan.Stack stack) {
    return stack.policies().stream().map(Plan.PolicyPlan::kind).toList().equals(KINDS)
        && stack.policies().stream().allMatch(policy -> policy.name().startsWith(PREFIX));
  }

  /** Behind each proxy. */
  record Target(Foreign foreign)
      implements ByFirstPipeline, BySecondPipeline, ByThirdPipeline, ByAnnotations {
    @Override
    public Object call(Subject.Inside inside) throws Throwable {
      return inside.run();
    }

    @Override
    public Object callInterruptibly(Subject.Inside inside) throws Throwable {
      return inside.run();
    }

    @Override
    public CompletionStage<Object> callAsync(Subject.InsideAsync inside) {
      return inside.run();
    }

    @Override
    public Object callOrElse(Subject.Inside inside) throws Throwable {
      return inside.run();
    }

    @Override
    public Object callInterruptiblyOrElse(Subject.Inside inside) throws Throwable {
      return inside.run();
    }

    @Override
    public CompletionStage<Object> callAsyncOrElse(Subject.InsideAsync inside) {
      return inside.run();
    }

    @Override
    public Object instead(Subject.Inside inside, Exception failure) {
      return foreign.fallback(failure);
    }

    @Override
    public Object insteadOfAsync(Subject.InsideAsync inside, Exception failure) {
      return foreign.fallback(failure);
    }
  }
}
