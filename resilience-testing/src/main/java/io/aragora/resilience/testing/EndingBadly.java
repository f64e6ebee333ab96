package io.aragora.resilience.testing;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.List;

/** A batch that returns all its states, then throws. */
final class EndingBadly extends AbstractCollection<SavedBreaker> {
  private final List<SavedBreaker> good;

  EndingBadly(List<SavedBreaker> good) {
    this.good = good;
  }

  @Override
  public Iterator<SavedBreaker> iterator() {
    Iterator<SavedBreaker> states = good.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public SavedBreaker next() {
        if (!states.hasNext()) {
          throw new IllegalStateException("this batch fails half-way");
        }
        return states.next();
      }
    };
  }

  @Override
  public int size() {
    return good.size() + 1;
  }
}
