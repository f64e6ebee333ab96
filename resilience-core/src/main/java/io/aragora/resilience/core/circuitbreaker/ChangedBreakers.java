package io.aragora.resilience.core.circuitbreaker;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The breakers that changed and are not saved yet, each once. Any thread adds, one at a time takes. Lock-free. */
public final class ChangedBreakers {
  /*
   * A stack whose links are in the breakers, so that adding allocates nothing and the list holds no more than there are
   * breakers. A breaker that is not in it has no link; the last one links to itself. The thread that takes clears the link before it looks
   * at the breaker, so a change that finds the link still there is seen by that look, and one that comes later adds again.
   *
   * Source: R. K. Treiber, Systems Programming: Coping with Parallelism, IBM RJ 5118, 1986; taken as a whole, hence no ABA
   * (stress: ChangedBreakersStress.EachIsTakenOnce).
   */
  private static final VarHandle HEAD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "head", VarHandle.class, ChangedBreakers.class, StoredBreaker.class);

  @SuppressWarnings("unused") // through its handle
  private volatile @Nullable StoredBreaker head;

  /** Creates an empty list. */
  public ChangedBreakers() {}

  /**
   * Adds a breaker that changed.
   *
   * @param breaker the breaker
   * @return whether it was not in the list
   */
  // The claim is a volatile CAS after that of the phase; it pairs with the volatile clearing in
  // takeAll, which comes, with a fence, before the reading of the phase. Were either weaker, a
  // change between the two would be in neither save. Stress: ChangedBreakersStress.NoChangeIsLost.
  public boolean add(StoredBreaker breaker) {
    if (!breaker.claimChanged()) {
      return false;
    }
    StoredBreaker first;
    do {
      first = head;
      breaker.linkChanged(first == null ? breaker : first);
    } while (!HEAD.compareAndSet(this, first, breaker));
    return true;
  }

  /**
   * Takes all, the latest first.
   *
   * @param taker is given each after it has left the list
   */
  public void takeAll(Consumer<? super StoredBreaker> taker) {
    StoredBreaker breaker = (StoredBreaker) HEAD.getAndSet(this, (StoredBreaker) null);
    while (breaker != null) {
      StoredBreaker next = breaker.unlinkChanged();
      taker.accept(breaker);
      breaker = next == breaker ? null : next;
    }
  }
}
