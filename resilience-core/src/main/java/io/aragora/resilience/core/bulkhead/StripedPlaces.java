package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.core.admission.AdmissionPolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.stripe.Stripes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/** Places that a call holds as long as it likes. Taking and giving back are lock-free. */
final class StripedPlaces extends Places {
  /*
   * Layout: the places are dealt to stripes, so that threads do not meet; a small limit has one stripe. A stripe has two
   * cache lines (because of adjacent-line prefetch) and two words:
   *
   *   STRIPE    releases:36 | epoch:8 | free:20. Free: the places that no call holds. Releases: how many were given back here;
   *             it shows that a place was free meanwhile, and counts the calls. Epoch: odd while the limit changes or the places
   *             are dealt, and another one after each change.
   *   CAPACITY  how many places the stripe has, free or held. The permit of a place names its stripe, and it is given back
   *             there.
   *
   * DEBT is how many places must vanish because the limit was lowered while they were held.
   *
   * Taking: CAS of the own stripe, then of the others. "Full" needs a proof, since a place may be given back where one has
   * looked already: look twice. If no stripe had a free place in either pass, and the sum of the releases and epochs is the
   * same, then no place was given back in between and the limit did not change, so between the passes there was an instant
   * without a free place. Otherwise look again; each further pass is caused by a release of another thread, so this is
   * lock-free. If all places are on one stripe, one look is a proof. A thread that finds an odd epoch waits until the change has ended.
   * Stress: StripedPlacesStress.FullIsProved, LastPlaceIsTakenOnce.
   *
   * Dealing: at first all places are on the first stripe, so a single thread need not look for a stripe of its own. A thread
   * whose CAS fails there has met another one. It deals the places to all stripes, once, if at least half of them are free: held ones
   * cannot be moved. It changes the epochs as a change of the limit does, since a place that moves is on no stripe for a moment.
   * A look at the first stripe that finds no place and an even epoch is a proof if the places are not dealt afterwards: they all
   * were there.
   * Stress: StripedPlacesStress.DealAgainstTake, DealAgainstRelease.
   *
   * Lowering the limit: DEBT is raised first, then the epoch of each stripe changes. A thread that gives a place back reads its
   * stripe, then DEBT, then changes the stripe by CAS. If it read the stripe before the epoch changed, its CAS fails; if after,
   * it sees the debt and pays. So no place is free that must vanish. Then free places are removed from each stripe. For one
   * debt, two places may vanish for a moment: a free one, and one that is given back. The thread that lowers the limit then
   * puts one back, before it makes the epochs even (model: StripedPlacesModel). The capacity follows the stripe: a release
   * that finds all places free looks at the stripe again, to know that it does not compare an old stripe with a new capacity;
   * so removing places changes the epoch, too. (An epoch comes round after 64 changes of the limit during one step.)
   * Stress: StripedPlacesStress.ShrinkAgainstRelease, ShrinkOfFreePlacesAgainstRelease.
   *
   * Reading: a change of the limit moves two words of a stripe one after the other, and a reader in between would see places
   * that no call holds. So a reader that finds the epoch of the first stripe odd, or another one afterwards, sums up again
   * under the lock of the change. The first stripe's is the first to become odd, and even again when all words are final.
   * Stress: StripedPlacesStress.NoCallIsCountedByResize.
   *
   * Memory order: volatile throughout. Nothing but the counts is published through these words.
   *
   * A release counts from bit 28, so that it is added as a short constant: from bit 32, a call took 1.4 ns longer.
   */
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private static final int STRIDE = 16;
  private static final int DEBT = STRIDE;
  private static final int FIRST = 2 * STRIDE;
  private static final int SMALLEST_STRIPE = 5;

  private static final int FREE_BITS = 20;
  private static final long FREE_MASK = (1L << FREE_BITS) - 1;
  private static final int EPOCH_BITS = 8;
  private static final long ONE_EPOCH = 1L << FREE_BITS;
  private static final long EPOCH_MASK = ((1L << EPOCH_BITS) - 1) << FREE_BITS;
  private static final int RELEASE_SHIFT = FREE_BITS + EPOCH_BITS;
  private static final long ONE_RELEASE = 1L << RELEASE_SHIFT;

  private final long[] words;

  /** The number of stripes minus one; the number is a power of two. */
  private final int mask;

  /** The highest bits of a hash choose the stripe: there, threads whose ids differ by 1 meet seldom, and never on four stripes. */
  private final int shift;

  /** Whether the places are on all stripes, not on the first one alone. Written under the lock of the words. */
  private volatile boolean isDealt;

  /** The number of times that a count of releases overflowed. */
  private final AtomicLong rounds = new AtomicLong();

  /** The largest number of {@link #taken()} so far, since a count that comes round is carried a moment later. */
  private final AtomicLong mostTaken = new AtomicLong();

  /**
   * Creates free places.
   *
   * @param limit the number of places
   */
  StripedPlaces(int limit) {
    this(limit, stripes(limit), false);
  }

  StripedPlaces(int limit, int stripes) {
    this(limit, stripes, true);
  }

  StripedPlaces(int limit, int stripes, boolean isDealt) {
    this.mask = stripes - 1;
    this.shift = Stripes.HASH_BITS - Integer.numberOfTrailingZeros(stripes);
    this.isDealt = isDealt && stripes > 1;
    this.words = new long[FIRST + (stripes + 1) * STRIDE];
    grow(limit);
  }

  /** Returns how many stripes are of use: none may have fewer places than it takes to be worth it. */
  private static int stripes(int limit) {
    return Integer.highestOneBit(Math.max(1, Math.min(Stripes.MAX, limit / SMALLEST_STRIPE)));
  }

  @Override
  long tryTake() {
    return tryTakeFrom(isDealt ? Stripes.hashOfThread() >>> shift : 0);
  }

  /** Takes a place, and looks first on a stripe: the first one, unless the places are dealt. */
  long tryTakeFrom(int home) {
    long found = takeOrLook(home);
    if (isPlace(found)) {
      return found;
    }
    return isDealt || isChanging(found) ? takeElsewhere(home) : AdmissionPolicy.NO_PERMIT;
  }

  /** Takes a place of one stripe: returns its permit, or the word of the stripe, which says that none is free. */
  private long takeOrLook(int stripe) {
    int at = at(stripe);
    long word = (long) WORD.getVolatile(words, at);
    while ((word & FREE_MASK) != 0) {
      if (WORD.compareAndSet(words, at, word, word - 1)) {
        return stripe + 1L;
      }
      if (!isDealt) {
        deal();
      }
      word = (long) WORD.getVolatile(words, at);
    }
    return word;
  }

  /** Returns whether {@link #takeOrLook} took a place: a permit is less than FREE_MASK, and a full stripe has no free place. */
  private static boolean isPlace(long found) {
    return (found & FREE_MASK) != 0;
  }

  private static boolean isChanging(long word) {
    return (word & ONE_EPOCH) != 0;
  }

  /** Takes a place of one stripe. */
  long tryTakeAt(int stripe) {
    long found = takeOrLook(stripe);
    return isPlace(found) ? found : AdmissionPolicy.NO_PERMIT;
  }

  /** Takes a place of any stripe, or proves that there is none. */
  long takeElsewhere(int home) {
    long before = -1;
    while (true) {
      long look = 0;
      boolean isChanging = false;
      for (int i = 0; i <= mask; i++) {
        long found = takeOrLook((home + i) & mask);
        if (isPlace(found)) {
          return found;
        }
        look += found >>> FREE_BITS;
        isChanging |= isChanging(found);
      }
      if (isChanging) {
        awaitChange();
        before = -1;
      } else if (mask == 0 || look == before) {
        return AdmissionPolicy.NO_PERMIT;
      } else {
        before = look;
      }
    }
  }

  private void awaitChange() {
    synchronized (words) {
      // A thread that changes the limit holds this lock.
    }
  }

  @Override
  boolean isPermit(long permit) {
    return permit > 0 && permit <= mask + 1;
  }

  @Override
  boolean giveBack(long permit) {
    int at = at((int) permit - 1);
    while (true) {
      long word = (long) WORD.getVolatile(words, at);
      if ((word & FREE_MASK) >= (long) WORD.getVolatile(words, at + 1)) {
        // The capacity may be one that is lowered at this moment. Its stripe has changed then.
        if ((long) WORD.getVolatile(words, at) == word) {
          return false;
        }
        continue;
      }
      long debt = (long) WORD.getVolatile(words, DEBT);
      if (debt > 0) {
        if (WORD.compareAndSet(words, DEBT, debt, debt - 1)) {
          WORD.getAndAdd(words, at + 1, -1L);
          countRelease((long) WORD.getAndAdd(words, at, ONE_RELEASE));
          return true;
        }
      } else if (WORD.compareAndSet(words, at, word, word + ONE_RELEASE + 1)) {
        countRelease(word);
        return true;
      }
    }
  }

  private void countRelease(long before) {
    if (before >>> RELEASE_SHIFT == (1L << (Long.SIZE - RELEASE_SHIFT)) - 1) {
      rounds.incrementAndGet();
    }
  }

  @Override
  void resize(int by) {
    synchronized (words) {
      if (by < 0) {
        WORD.getAndAdd(words, DEBT, (long) -by);
      }
      changeEpochs();
      try {
        if (by < 0) {
          shrink();
        } else {
          grow(by);
        }
      } finally {
        changeEpochs();
      }
    }
  }

  private void changeEpochs() {
    for (int stripe = 0; stripe <= mask; stripe++) {
      int at = at(stripe);
      long word = (long) WORD.getVolatile(words, at);
      while (!WORD.compareAndSet(words, at, word, withEpoch(word, ONE_EPOCH))) {
        word = (long) WORD.getVolatile(words, at);
      }
    }
  }

  private static long withEpoch(long word, long by) {
    return (word & ~EPOCH_MASK) | ((word + by) & EPOCH_MASK);
  }

  boolean isDealt() {
    return isDealt;
  }

  /** Moves free places of the first stripe to the others, once, if at least half of its places are free. */
  void deal() {
    long capacity = (long) WORD.getVolatile(words, FIRST + 1);
    if (mask == 0 || 2 * ((long) WORD.getVolatile(words, FIRST) & FREE_MASK) < capacity) {
      return;
    }
    // A change that stops half-way would hold up every call.
    StackRoom.forHandOver();
    synchronized (words) {
      if (isDealt) {
        return;
      }
      changeEpochs();
      try {
        long moved = drain(FIRST, capacity - capacity / (mask + 1));
        WORD.getAndAdd(words, FIRST + 1, -moved);
        add(moved, 1, mask);
        isDealt = true;
      } finally {
        changeEpochs();
      }
    }
  }

  private void grow(int by) {
    long rest = by;
    long debt = (long) WORD.getVolatile(words, DEBT);
    while (debt > 0 && rest > 0) {
      long paid = Math.min(debt, rest);
      if (WORD.compareAndSet(words, DEBT, debt, debt - paid)) {
        rest -= paid;
      }
      debt = (long) WORD.getVolatile(words, DEBT);
    }
    add(rest, 0, isDealt ? mask : 0);
  }

  /** Adds free places to some stripes, to each almost as many as to the others. */
  private void add(long places, int first, int last) {
    long rest = places;
    for (int stripe = first; stripe <= last; stripe++) {
      long share = rest / (last + 1 - stripe);
      rest -= share;
      WORD.getAndAdd(words, at(stripe) + 1, share);
      WORD.getAndAdd(words, at(stripe), share);
    }
  }

  private void shrink() {
    for (int stripe = 0; stripe <= mask; stripe++) {
      int at = at(stripe);
      long taken = drain(at, Math.max(0, (long) WORD.getVolatile(words, DEBT)));
      WORD.getAndAdd(words, at + 1, -taken);
      long owed = (long) WORD.getAndAdd(words, DEBT, -taken) - taken;
      if (owed < 0) {
        // Others paid meanwhile.
        WORD.getAndAdd(words, DEBT, -owed);
        add(-owed, stripe, stripe);
      }
    }
  }

  /** Takes free places out of a stripe, at most so many, and changes its epoch, which stays odd. */
  private long drain(int at, long most) {
    while (true) {
      long word = (long) WORD.getVolatile(words, at);
      long taken = Math.min(word & FREE_MASK, most);
      if (WORD.compareAndSet(words, at, word, withEpoch(word, 2 * ONE_EPOCH) - taken)) {
        return taken;
      }
    }
  }

  @Override
  int inUse() {
    long before = (long) WORD.getVolatile(words, FIRST);
    if (!isChanging(before)) {
      int held = held();
      if ((((long) WORD.getVolatile(words, FIRST) ^ before) & EPOCH_MASK) == 0) {
        return held;
      }
    }
    synchronized (words) {
      return held();
    }
  }

  private int held() {
    long held = 0;
    for (int stripe = 0; stripe <= mask; stripe++) {
      int at = at(stripe);
      held +=
          (long) WORD.getVolatile(words, at + 1) - ((long) WORD.getVolatile(words, at) & FREE_MASK);
    }
    return (int) Math.max(0, held);
  }

  @Override
  long taken() {
    long releases = rounds.get() << (Long.SIZE - RELEASE_SHIFT);
    for (int stripe = 0; stripe <= mask; stripe++) {
      releases += (long) WORD.getVolatile(words, at(stripe)) >>> RELEASE_SHIFT;
    }
    return mostTaken.accumulateAndGet(releases + inUse(), Math::max);
  }

  private static int at(int stripe) {
    return FIRST + stripe * STRIDE;
  }
}
