package io.aragora.resilience.core.pipeline;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Finds orders of policies that cancel each other's effect. */
final class PolicyOrder {
  /** A condition about two policies, beyond their roles. */
  private enum Condition {
    ALWAYS,
    RETRIES_REJECTIONS,
    RETRIES_REJECTIONS_WITHOUT_WAITING,
    STANDS_DOWN,
    FIRES_LATER,
    WAITS,
    WAITS_TO_THE_LIMIT,
    HEDGES_TOO_LATE,
    CANNOT_GROW_INSIDE,
    CANNOT_GROW_AROUND,
    NO_TIMEOUT_INSIDE;

    boolean holds(CorePolicy outer, CorePolicy inner, List<CorePolicy> insideInner) {
      return switch (this) {
        case ALWAYS -> true;
        case RETRIES_REJECTIONS -> ((Retry) outer).config().retryRejections();
        case RETRIES_REJECTIONS_WITHOUT_WAITING ->
          inner.maxWait().isZero() && ((Retry) outer).config().retryRejections();
        case STANDS_DOWN -> !((Retry) inner).config().retryWhenNested();
        case FIRES_LATER -> limit(inner).compareTo(limit(outer)) >= 0;
        case WAITS -> !inner.maxWait().isZero();
        case WAITS_TO_THE_LIMIT -> inner.maxWait().compareTo(limit(outer)) >= 0;
        case HEDGES_TOO_LATE -> leastDelay(inner).compareTo(limit(outer)) >= 0;
        case CANNOT_GROW_INSIDE -> most(inner) > places(outer);
        case CANNOT_GROW_AROUND -> most(outer) > places(inner);
        case NO_TIMEOUT_INSIDE ->
          insideInner.stream().noneMatch(link -> link.role() == PolicyRole.TIMEOUT);
      };
    }
  }

  /** A warning for two policies of a pipeline. The text may name them and their kinds, and the limits and waits that they have. */
  private record Rule(
      Set<PolicyRole> outer, Set<PolicyRole> inner, Condition condition, String text) {
    Rule(PolicyRole outer, PolicyRole inner, Condition condition, String text) {
      this(Set.of(outer), Set.of(inner), condition, text);
    }
  }

  /** The kinds whose permits are held until the call has ended. */
  private static final Set<PolicyRole> HOLDING =
      Set.of(PolicyRole.BULKHEAD, PolicyRole.CONCURRENCY_LIMIT);

  /** The kinds in which a call may wait. */
  private static final Set<PolicyRole> ADMISSION =
      Set.of(PolicyRole.RATE_LIMITER, PolicyRole.BULKHEAD, PolicyRole.CONCURRENCY_LIMIT);

  /** Everything that chaos tests, but for the retry, whose warning says more. */
  private static final Set<PolicyRole> TESTED =
      EnumSet.complementOf(EnumSet.of(PolicyRole.RETRY, PolicyRole.CHAOS));

  private static final List<Rule> RULES = List.of(
      new Rule(
          PolicyRole.RETRY,
          PolicyRole.CIRCUIT_BREAKER,
          Condition.RETRIES_REJECTIONS,
          "retry '{outer}' retries the rejections of breaker '{inner}'"
              + " inside it: while the breaker is open, every attempt is rejected and the retry only waits."
              + " Remove retryRejections, or put the breaker around the retry"),
      new Rule(
          PolicyRole.RETRY,
          PolicyRole.RETRY,
          Condition.STANDS_DOWN,
          "retry '{inner}' is inside retry '{outer}'"
              + " and makes one attempt only, because attempts would multiply. Remove it, or set"
              + " retryWhenNested"),
      new Rule(
          PolicyRole.TIMEOUT,
          PolicyRole.TIMEOUT,
          Condition.FIRES_LATER,
          "timeout '{inner}' ({inner limit}) never fires inside timeout '{outer}' ({outer limit})"),
      new Rule(
          PolicyRole.RATE_LIMITER,
          PolicyRole.RETRY,
          Condition.ALWAYS,
          "rate limiter '{outer}' is around retry '{inner}': further attempts take no permits, so the"
              + " dependency sees more than the limit. Put the retry around the rate limiter"),
      new Rule(
          PolicyRole.RATE_LIMITER,
          PolicyRole.CIRCUIT_BREAKER,
          Condition.ALWAYS,
          "rate limiter '{outer}' is around breaker '{inner}': while the breaker is open, every rejected"
              + " call uses up a permit. Put the breaker around the rate limiter"),
      new Rule(
          HOLDING,
          Set.of(PolicyRole.RATE_LIMITER),
          Condition.WAITS,
          "{outer kind} '{outer}' is around rate limiter '{inner}', which waits up to {inner wait}: waiting"
              + " calls hold its permits. Put the rate limiter around the {outer kind}"),
      new Rule(
          PolicyRole.BULKHEAD,
          PolicyRole.RETRY,
          Condition.ALWAYS,
          "bulkhead '{outer}' is around retry '{inner}': a permit is held while the retry waits between"
              + " attempts. Put the retry around the bulkhead"),
      new Rule(
          PolicyRole.CONCURRENCY_LIMIT,
          PolicyRole.RETRY,
          Condition.ALWAYS,
          "concurrency limit '{outer}' is around retry '{inner}': a permit is held while the retry waits"
              + " between attempts, and its latencies are those of all attempts and waits together. Put the"
              + " retry around the concurrency limit"),
      new Rule(
          PolicyRole.CONCURRENCY_LIMIT,
          PolicyRole.CIRCUIT_BREAKER,
          Condition.ALWAYS,
          "concurrency limit '{outer}' is around breaker '{inner}': rejections are quick and no samples, so"
              + " while the breaker is open the limit learns nothing. Put the breaker around the"
              + " concurrency limit"),
      new Rule(
          PolicyRole.BULKHEAD,
          PolicyRole.CONCURRENCY_LIMIT,
          Condition.CANNOT_GROW_INSIDE,
          "concurrency limit '{inner}' cannot grow beyond bulkhead '{outer}' ({outer places}). Lower most, or"
              + " remove the bulkhead"),
      new Rule(
          PolicyRole.CONCURRENCY_LIMIT,
          PolicyRole.BULKHEAD,
          Condition.CANNOT_GROW_AROUND,
          "concurrency limit '{outer}' cannot grow beyond bulkhead '{inner}' ({inner places}). Lower most, or"
              + " remove the bulkhead"),
      new Rule(
          Set.of(PolicyRole.TIMEOUT),
          ADMISSION,
          Condition.WAITS_TO_THE_LIMIT,
          "{inner kind} '{inner}' may wait {inner wait} inside timeout '{outer}' ({outer limit}): a call may"
              + " use up its limit before it begins. Put the {inner kind} around the timeout, or lower maxWait"),
      new Rule(
          PolicyRole.TIMEOUT,
          PolicyRole.CONCURRENCY_LIMIT,
          Condition.NO_TIMEOUT_INSIDE,
          "concurrency limit '{inner}' has no timeout inside: a call that hangs holds a permit, and is no"
              + " sample. Put timeout '{outer}' inside the concurrency limit"),
      new Rule(
          Set.of(PolicyRole.RETRY),
          ADMISSION,
          Condition.RETRIES_REJECTIONS_WITHOUT_WAITING,
          "retry '{outer}' retries the rejections of {inner kind} '{inner}': let calls wait there instead"
              + " (maxWait)"),
      new Rule(
          PolicyRole.TIMEOUT,
          PolicyRole.HEDGE,
          Condition.HEDGES_TOO_LATE,
          "hedge '{inner}' never starts a hedge inside timeout '{outer}' ({outer limit}). Lower its delay,"
              + " or put the hedge around the timeout"),
      new Rule(
          PolicyRole.HEDGE,
          PolicyRole.RETRY,
          Condition.ALWAYS,
          "hedge '{outer}' is around retry '{inner}': each of up to {outer attempts} attempts is repeated"
              + " {inner attempts} times. Put the retry around the hedge"),
      new Rule(
          PolicyRole.HEDGE,
          PolicyRole.HEDGE,
          Condition.ALWAYS,
          "hedge '{inner}' is inside hedge '{outer}' and stands down. Remove one of them"),
      new Rule(
          PolicyRole.CHAOS,
          PolicyRole.RETRY,
          Condition.ALWAYS,
          "chaos '{outer}' is around retry '{inner}': what it injects is not retried. Put the chaos inside"
              + " the retry"),
      new Rule(
          Set.of(PolicyRole.CHAOS),
          TESTED,
          Condition.ALWAYS,
          "chaos '{outer}' is around {inner kind} '{inner}', which sees nothing of what it injects. Put the"
              + " chaos inside the {inner kind}"));

  private PolicyOrder() {}

  static List<String> warnings(List<CorePolicy> declared) {
    List<CorePolicy> links =
        declared.stream().filter(policy -> !isHedgeTurnedOff(policy)).toList();
    List<String> warnings = new ArrayList<>();
    for (int outer = 0; outer < links.size(); outer++) {
      for (int inner = outer + 1; inner < links.size(); inner++) {
        addWarnings(
            links.get(outer), links.get(inner), links.subList(inner + 1, links.size()), warnings);
      }
    }
    return List.copyOf(warnings);
  }

  /** A hedge that operators have turned off lets each call pass. */
  private static boolean isHedgeTurnedOff(CorePolicy policy) {
    return policy instanceof Hedge hedge && hedge.config().maxHedges() == 0;
  }

  private static void addWarnings(
      CorePolicy outer, CorePolicy inner, List<CorePolicy> insideInner, List<String> warnings) {
    for (Rule rule : RULES) {
      if (rule.outer.contains(outer.role())
          && rule.inner.contains(inner.role())
          && rule.condition.holds(outer, inner, insideInner)) {
        warnings.add(text(rule.text, outer, inner));
      }
    }
  }

  private static String text(String pattern, CorePolicy outer, CorePolicy inner) {
    // Names come last, since a name may look like one of these.
    return pattern
        .replace("{outer kind}", outer.role().text())
        .replace("{inner kind}", inner.role().text())
        .replace("{inner wait}", inner.maxWait().toString())
        .replace("{inner limit}", limitText(inner))
        .replace("{outer limit}", limitText(outer))
        .replace("{outer attempts}", attempts(outer))
        .replace("{inner attempts}", attempts(inner))
        .replace("{outer places}", placesText(outer))
        .replace("{inner places}", placesText(inner))
        .replace("{outer}", outer.name())
        .replace("{inner}", inner.name());
  }

  private static int places(CorePolicy policy) {
    return ((Bulkhead) policy).config().maxConcurrentCalls();
  }

  private static String placesText(CorePolicy policy) {
    return policy instanceof Bulkhead ? String.valueOf(places(policy)) : "";
  }

  private static int most(CorePolicy policy) {
    return ((ConcurrencyLimit) policy).config().most();
  }

  private static Duration limit(CorePolicy policy) {
    return ((Timeout) policy).config().limit();
  }

  private static Duration leastDelay(CorePolicy policy) {
    HedgeConfig config = ((Hedge) policy).config();
    Duration fixed = config.delay();
    return fixed == null ? config.leastDelay() : fixed;
  }

  private static String attempts(CorePolicy policy) {
    return switch (policy.role()) {
      case HEDGE -> "" + (1 + ((Hedge) policy).config().maxHedges());
      case RETRY -> "" + ((Retry) policy).config().maxAttempts();
      default -> "";
    };
  }

  private static String limitText(CorePolicy policy) {
    return policy.role() == PolicyRole.TIMEOUT ? limit(policy).toString() : "";
  }
}
