package io.aragora.resilience.testing;

import java.util.AbstractCollection;
import java.util.Iterator;
import java.util.List;

/**
 * A batch that returns all its states, then throws.
 *
 * @param <T> a state
 */
final class EndingBadly<T> extends AbstractCollection<T> {
  private final List<T> good;

  EndingBadly(List<T> good) {
    this.good = good;
  }

  @Override
  public Iterator<T> iterator() {
    Iterator<T> states = good.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return true;
      }

      @Override
      public T next() {
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
