package io.aragora.resilience.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each warning, with the order that has it and the recommended one that has none. */
class PolicyOrderTest {
  private static final Duration TWO_SECONDS = Duration.ofSeconds(2);

  private final Resilience resilience =
      Resilience.builder().timeSource(ManualTime.create()).build();
  private final CorePolicy retry = core(resilience.retry("a"));
  private final CorePolicy stubborn =
      core(resilience.retry("s", RetryConfig.builder().retryRejections(true).build()));
  private final CorePolicy breaker = core(resilience.circuitBreaker("b"));
  private final CorePolicy timeout = core(resilience.timeout("t", Duration.ofSeconds(1)));
  private final CorePolicy bulkhead = new Admitting("k", PolicyRole.BULKHEAD, Duration.ZERO);
  private final CorePolicy waitingBulkhead = new Admitting("k", PolicyRole.BULKHEAD, TWO_SECONDS);
  private final CorePolicy concurrencyLimit = core(resilience.concurrencyLimit("c"));
  private final CorePolicy waitingLimit =
      core(resilience.unregistered().concurrencyLimit("c", waiting(TWO_SECONDS)));
  private final CorePolicy places = core(resilience.bulkhead("k"));
  private final CorePolicy limiter = new Admitting("r", PolicyRole.RATE_LIMITER, Duration.ZERO);
  private final CorePolicy waitingLimiter =
      new Admitting("r", PolicyRole.RATE_LIMITER, TWO_SECONDS);

  private final CorePolicy chaos =
      core(resilience.chaos("x", c -> c.fail(1, () -> new IllegalStateException("chaos"))));
  private final CorePolicy hedge = core(resilience.hedge("i", c -> c.delay(Duration.ofMillis(50))));

  @AfterEach
  void close() {
    resilience.close();
  }

  private static ConcurrencyLimitConfig waiting(Duration maxWait) {
    return ConcurrencyLimitConfig.builder().maxWait(maxWait).build();
  }

  private static CorePolicy core(Object policy) {
    return (CorePolicy) policy;
  }

  private static List<String> warnings(CorePolicy... outermostFirst) {
    return PolicyOrder.warnings(List.of(outermostFirst));
  }

  @Test
  @Tag("PO-12")
  @Tag("CH-15")
  void chaos_thatIsNotInnermost_isWarnedOf() {
    assertThat(warnings(chaos, retry))
        .containsExactly(
            "chaos 'x' is around retry 'a': what it injects is not retried. Put the chaos"
                + " inside the retry");
    assertThat(warnings(retry, chaos, breaker, timeout))
        .containsExactly(
            "chaos 'x' is around circuit breaker 'b', which sees nothing of what it injects. Put the"
                + " chaos inside the circuit breaker",
            "chaos 'x' is around timeout 't', which sees nothing of what it injects. Put the chaos"
                + " inside the timeout");
    assertThat(warnings(retry, breaker, limiter, timeout, chaos)).isEmpty();
  }

  @Test
  @Tag("PO-12")
  void chaosOfAnInnerPipeline_isWarnedOf_thoughItIsLeftOut() {
    Pipeline inner = resilience
        .unregistered()
        .pipelineBuilder("inner")
        .add((Policy) breaker)
        .add((Policy) chaos)
        .build();
    assertThat(inner.warnings()).isEmpty();
    assertThat(resilience
            .unregistered()
            .pipelineBuilder("p")
            .add(inner)
            .add((Policy) retry)
            .build()
            .warnings())
        .contains(
            "chaos 'x' is around retry 'a': what it injects is not retried. Put the chaos inside"
                + " the retry");
  }

  @Test
  @Tag("PO-01")
  void rateLimiter_aroundARetry_isWarnedOf() {
    assertThat(warnings(limiter, retry))
        .containsExactly(
            "rate limiter 'r' is around retry 'a': further attempts take no permits, so the"
                + " dependency sees more than the limit. Put the retry around the rate limiter");
    assertThat(warnings(retry, limiter)).isEmpty();
  }

  @Test
  @Tag("PO-02")
  void rateLimiter_aroundABreaker_isWarnedOf() {
    assertThat(warnings(limiter, breaker))
        .containsExactly("rate limiter 'r' is around breaker 'b': while the breaker is open, every"
            + " rejected call uses up a permit. Put the breaker around the rate limiter");
    assertThat(warnings(breaker, limiter)).isEmpty();
  }

  @Test
  @Tag("PO-03")
  void bulkhead_aroundALimiterThatWaits_isWarnedOf() {
    assertThat(warnings(bulkhead, waitingLimiter))
        .containsExactly(
            "bulkhead 'k' is around rate limiter 'r', which waits up to PT2S: waiting calls"
                + " hold its permits. Put the rate limiter around the bulkhead");
    assertThat(warnings(bulkhead, limiter)).as("one that never waits").isEmpty();
    assertThat(warnings(waitingLimiter, bulkhead)).isEmpty();
  }

  @Test
  @Tag("PO-04")
  void bulkhead_aroundARetry_isWarnedOf() {
    assertThat(warnings(bulkhead, retry))
        .containsExactly(
            "bulkhead 'k' is around retry 'a': a permit is held while the retry waits between"
                + " attempts. Put the retry around the bulkhead");
    assertThat(warnings(retry, bulkhead)).isEmpty();
  }

  @Test
  @Tag("PO-05")
  void timeout_aroundAWaitAsLong_isWarnedOf() {
    assertThat(warnings(timeout, waitingBulkhead))
        .containsExactly(
            "bulkhead 'k' may wait PT2S inside timeout 't' (PT1S): a call may use up its limit"
                + " before it begins. Put the bulkhead around the timeout, or lower maxWait");
    assertThat(warnings(timeout, waitingLimiter))
        .containsExactly(
            "rate limiter 'r' may wait PT2S inside timeout 't' (PT1S): a call may use up its"
                + " limit before it begins. Put the rate limiter around the timeout, or lower maxWait");
    assertThat(warnings(timeout, bulkhead)).as("no wait").isEmpty();
    CorePolicy shortly =
        new Admitting("k", PolicyRole.BULKHEAD, Duration.ofSeconds(1).minusNanos(1));
    assertThat(warnings(timeout, shortly)).as("a shorter wait").isEmpty();
    CorePolicy asLong = new Admitting("k", PolicyRole.BULKHEAD, Duration.ofSeconds(1));
    assertThat(warnings(timeout, asLong)).as("a wait of the limit").hasSize(1);
    assertThat(warnings(waitingBulkhead, timeout)).isEmpty();
    assertThat(warnings(waitingLimiter, timeout)).isEmpty();
  }

  @Test
  void timeout_insideOneAsLong_isWarnedOf() {
    CorePolicy asLong = core(resilience.timeout("inner", Duration.ofSeconds(1)));
    assertThat(warnings(timeout, asLong))
        .containsExactly("timeout 'inner' (PT1S) never fires inside timeout 't' (PT1S)");
    CorePolicy shorter = core(resilience.timeout("shorter", Duration.ofMillis(999)));
    assertThat(warnings(timeout, shorter)).isEmpty();
  }

  @Test
  @Tag("PO-06")
  void hedgeThatComesAfterTheTimeoutAroundIt_isWarnedOf() {
    CorePolicy late = core(resilience.hedge("h", c -> c.delay(Duration.ofSeconds(1))));
    assertThat(warnings(timeout, late))
        .containsExactly(
            "hedge 'h' never starts a hedge inside timeout 't' (PT1S). Lower its delay,"
                + " or put the hedge around the timeout");
    assertThat(warnings(late, timeout)).isEmpty();
    assertThat(warnings(timeout, hedge)).isEmpty();
  }

  @Test
  @Tag("PO-07")
  void hedge_aroundARetry_isWarnedOf() {
    assertThat(warnings(hedge, retry))
        .containsExactly(
            "hedge 'i' is around retry 'a': each of up to 2 attempts is repeated 3 times."
                + " Put the retry around the hedge");
    assertThat(warnings(retry, hedge)).isEmpty();
  }

  @Test
  @Tag("PO-08")
  void hedge_insideAHedge_isWarnedOf() {
    CorePolicy outer = core(resilience.hedge("o", c -> c.delay(Duration.ofMillis(1))));
    assertThat(warnings(outer, hedge))
        .containsExactly("hedge 'i' is inside hedge 'o' and stands down. Remove one of them");
    assertThat(warnings(hedge, breaker)).isEmpty();
  }

  @Test
  @Tag("PO-03")
  @Tag("PO-04")
  @Tag("PO-05")
  @Tag("PO-13")
  void concurrencyLimit_isWarnedOfAsABulkheadIs() {
    assertThat(warnings(concurrencyLimit, waitingLimiter))
        .containsExactly("concurrency limit 'c' is around rate limiter 'r', which waits up to PT2S:"
            + " waiting calls hold its permits. Put the rate limiter around the concurrency limit");
    assertThat(warnings(concurrencyLimit, limiter)).isEmpty();
    assertThat(warnings(concurrencyLimit, retry))
        .containsExactly(
            "concurrency limit 'c' is around retry 'a': a permit is held while the retry"
                + " waits between attempts, and its latencies are those of all attempts and waits"
                + " together. Put the retry around the concurrency limit");
    assertThat(warnings(retry, concurrencyLimit)).isEmpty();
    assertThat(warnings(timeout, waitingLimit, timeout))
        .contains("concurrency limit 'c' may wait PT2S inside timeout 't' (PT1S): a call may use up"
            + " its limit before it begins. Put the concurrency limit around the timeout, or lower"
            + " maxWait");
    assertThat(warnings(stubborn, concurrencyLimit))
        .containsExactly("retry 's' retries the rejections of concurrency limit 'c': let calls wait"
            + " there instead (maxWait)");
    assertThat(warnings(stubborn, waitingLimit)).isEmpty();
  }

  @Test
  @Tag("PO-09")
  void concurrencyLimit_aroundABreaker_isWarnedOf() {
    assertThat(warnings(concurrencyLimit, breaker))
        .containsExactly("concurrency limit 'c' is around breaker 'b': rejections are quick and no"
            + " samples, so while the breaker is open the limit learns nothing. Put the breaker"
            + " around the concurrency limit");
    assertThat(warnings(breaker, concurrencyLimit)).isEmpty();
  }

  @Test
  @Tag("PO-10")
  void concurrencyLimit_insideATimeoutOnly_isWarnedOf() {
    assertThat(warnings(timeout, concurrencyLimit))
        .containsExactly("concurrency limit 'c' has no timeout inside: a call that hangs holds a"
            + " permit, and is no sample. Put timeout 't' inside the concurrency limit");
    CorePolicy longer = core(resilience.timeout("all", Duration.ofSeconds(10)));
    assertThat(warnings(longer, concurrencyLimit, timeout))
        .as("one inside as well")
        .isEmpty();
    assertThat(warnings(timeout, concurrencyLimit, chaos))
        .as("another policy inside")
        .hasSize(1);
    assertThat(warnings(concurrencyLimit, timeout)).isEmpty();
    assertThat(warnings(concurrencyLimit)).as("no timeout at all").isEmpty();
  }

  @Test
  @Tag("PO-11")
  void concurrencyLimit_beyondABulkhead_isWarnedOf() {
    assertThat(warnings(places, concurrencyLimit))
        .containsExactly(
            "concurrency limit 'c' cannot grow beyond bulkhead 'k' (25). Lower most, or"
                + " remove the bulkhead");
    assertThat(warnings(concurrencyLimit, places)).hasSize(1);
    CorePolicy small = core(resilience.concurrencyLimit("small", c -> c.most(25)));
    assertThat(warnings(places, small)).isEmpty();
    assertThat(warnings(small, places)).isEmpty();
  }

  @Test
  @Tag("PO-13")
  void retry_ofTheRejectionsOfOneThatNeverWaits_isWarnedOf() {
    assertThat(warnings(stubborn, bulkhead))
        .containsExactly(
            "retry 's' retries the rejections of bulkhead 'k': let calls wait there instead (maxWait)");
    assertThat(warnings(stubborn, limiter))
        .containsExactly(
            "retry 's' retries the rejections of rate limiter 'r': let calls wait there instead (maxWait)");
    assertThat(warnings(stubborn, waitingLimiter, waitingBulkhead)).isEmpty();
    assertThat(warnings(retry, limiter, bulkhead)).isEmpty();
  }

  @Test
  @Tag("PO-14")
  void twoRateLimiters_areOrdinary() {
    assertThat(warnings(limiter, new Admitting("each day", PolicyRole.RATE_LIMITER, TWO_SECONDS)))
        .isEmpty();
  }

  @Test
  void recommendedOrders_haveNoWarning() {
    assertThat(warnings(retry, breaker, waitingLimiter, waitingBulkhead, timeout))
        .isEmpty();
    assertThat(warnings(breaker, retry, waitingLimiter, waitingBulkhead, timeout))
        .isEmpty();
    assertThat(warnings(retry, hedge, breaker, waitingLimiter, waitingLimit, timeout, chaos))
        .isEmpty();
  }

  @Test
  @Tag("PO-06")
  @Tag("PO-07")
  @Tag("PO-08")
  void hedgeThatIsTurnedOff_isNotWarnedOf() {
    CorePolicy off =
        core(resilience.hedge("off", c -> c.delay(Duration.ofSeconds(1)).noHedges()));
    assertThat(warnings(timeout, off)).isEmpty();
    assertThat(warnings(off, retry)).isEmpty();
    assertThat(warnings(off, hedge)).isEmpty();
    assertThat(warnings(hedge, off)).isEmpty();
  }

  @Test
  void severalAtOnce_areAllWarnedOf() {
    assertThat(warnings(waitingBulkhead, waitingLimiter, breaker, retry)).hasSize(4);
  }

  /** A policy that admits calls, of which only its place is of interest. */
  private static final class Admitting extends CorePolicy {
    private final PolicyRole role;
    private final Duration maxWait;

    private Admitting(String name, PolicyRole role, Duration maxWait) {
      super(name);
      this.role = role;
      this.maxWait = maxWait;
    }

    @Override
    public PolicyRole role() {
      return role;
    }

    @Override
    public Duration maxWait() {
      return maxWait;
    }

    @Override
    protected <T extends @Nullable Object> T proceed(
        @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
        throws Throwable {
      return chain.<T>inside(lent, index, body);
    }

    @Override
    protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
        CapturedContext context,
        PolicyChain chain,
        int index,
        Supplier<? extends CompletionStage<T>> body) {
      return chain.insideAsync(context, index, body);
    }
  }
}
