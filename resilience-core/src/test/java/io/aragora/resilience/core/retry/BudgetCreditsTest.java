package io.aragora.resilience.core.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BudgetCreditsTest {
  private static final long AWAIT_SECONDS = 60;
  private static final int CALLS = 10_000;

  private final Dispatcher dispatcher = new Dispatcher("r", SystemTimeSource.INSTANCE, null);
  private final List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
  private final BudgetCredits credits = new BudgetCredits(dispatcher, failures::add);

  @AfterEach
  void close() {
    dispatcher.close();
  }

  /** A budget of an application. */
  private abstract static class OwnBudget implements RetryBudget {
    @Override
    public String name() {
      return "own";
    }

    @Override
    public RetryBudgetConfig config() {
      return RetryBudgetConfig.builder().build();
    }

    @Override
    public double level() {
      return 0;
    }

    @Override
    public long rejected() {
      return 0;
    }

    @Override
    public boolean tryTake() {
      return true;
    }
  }

  @Test
  void budget_blocks_isCreditedForEachCallOnceItGoesOn() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch credited = new CountDownLatch(CALLS);
    RetryBudget budget = new OwnBudget() {
      @Override
      public void credit() {
        try {
          release.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        credited.countDown();
        assertThat(credited.getCount()).isNotNegative();
      }
    };
    for (int i = 0; i < CALLS; i++) {
      credits.credit(budget, null);
    }
    assertThat(credited.getCount()).isEqualTo(CALLS);
    release.countDown();
    assertThat(credited.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(failures).isEmpty();
  }

  @Test
  void budget_isReplaced_eachIsCreditedForItsCalls() throws Exception {
    CountDownLatch first = new CountDownLatch(2);
    CountDownLatch second = new CountDownLatch(1);
    credits.credit(counting(first), null);
    RetryBudget other = counting(second);
    credits.credit(other, null);
    credits.credit(counting(first), null);
    assertThat(first.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(second.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  private static RetryBudget counting(CountDownLatch calls) {
    return new OwnBudget() {
      @Override
      public void credit() {
        calls.countDown();
      }
    };
  }

  @Test
  void budget_throws_isCreditedForTheNextCall() throws Exception {
    CountDownLatch calls = new CountDownLatch(2);
    RetryBudget budget = new OwnBudget() {
      @Override
      public void credit() {
        calls.countDown();
        throw new AssertionError("injected");
      }
    };
    credits.credit(budget, null);
    credits.credit(budget, null);
    assertThat(calls.await(AWAIT_SECONDS, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void budgetOfTheLibrary_isCreditedBeforeTheCallReturns() {
    TokenBudget budget = new TokenBudget(
        "b",
        RetryBudgetConfig.builder().capacity(10).ratio(1).perSecond(0).build(),
        SystemTimeSource.INSTANCE);
    assertThat(budget.tryTake()).isTrue();
    credits.credit(budget, null);
    assertThat(budget.level()).isEqualTo(10);
  }
}
