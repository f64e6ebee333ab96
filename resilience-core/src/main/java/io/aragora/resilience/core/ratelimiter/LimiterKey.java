package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.CellLevel;
import io.aragora.resilience.core.admission.CellRate;
import io.aragora.resilience.core.admission.PermitLevel;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The limiter of one key, with a level of its own. Thread-safe. */
class LimiterKey extends CellLevel {
  /*
   * A million of these take 40 bytes each: the word of the level, the rate, the key, the waiting calls, which are made when a
   * call waits, and two numbers. Nothing is padded. The rejections are shifted by one bit; the lowest bit says whether other
   * code has a policy of this key, so that the key must stay findable after its eviction.
   */
  private static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, LimiterKey.class, long.class);
  private static final VarHandle TURNS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "turns", VarHandle.class, LimiterKey.class, Turns.class);
  private static final VarHandle REJECTIONS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "rejections", VarHandle.class, LimiterKey.class, int.class);

  /** A unit of the time of the last use: about a second. */
  private static final int UNIT_BITS = 30;

  private static final int HELD = 1;

  private final String key;
  private volatile long word;
  private volatile @Nullable Turns turns;
  private volatile int rejections;

  // Benign race: two threads write nearly the same time.
  private int usedAt;

  LimiterKey(String key, CellRate rate, long word, long now) {
    super(rate);
    this.key = key;
    this.word = word;
    this.usedAt = (int) (now >>> UNIT_BITS);
  }

  final String key() {
    return key;
  }

  /** Returns the permits. */
  PermitLevel level() {
    return this;
  }

  /** Returns whether the level holds no information. */
  boolean holdsNothing(TimeSource time) {
    return isFull(time);
  }

  @Override
  protected final long word() {
    return word;
  }

  @Override
  protected final boolean casWord(long expected, long next) {
    return WORD.compareAndSet(this, expected, next);
  }

  @Override
  protected final void setWord(long next) {
    word = next;
  }

  /** Notes a call. */
  final void use(long now) {
    int unit = (int) (now >>> UNIT_BITS);
    if (usedAt != unit) {
      usedAt = unit;
    }
  }

  /** Returns for how long there was no call, in nanoseconds, to a second or two. */
  final long idleNanos(long now) {
    return (long) ((int) (now >>> UNIT_BITS) - usedAt) << UNIT_BITS;
  }

  final @Nullable Turns turns() {
    return turns;
  }

  final Turns madeTurns(LimiterShare share) {
    Turns present = turns;
    if (present == null) {
      Turns made = new Turns(level(), share);
      present = (Turns) TURNS.compareAndExchange(this, null, made);
      if (present == null) {
        present = made;
      }
    }
    return present;
  }

  final void noteRejection() {
    // Beyond a billion, the count stays.
    if (rejections >= 0) {
      REJECTIONS.getAndAdd(this, 2);
    }
  }

  final long rejections() {
    int present = rejections;
    return present < 0 ? Integer.MAX_VALUE >>> 1 : present >>> 1;
  }

  /**
   * Notes that other code has a policy of this key. A full fence follows the first note: the caller then looks whether the key is
   * still known, and the thread that evicts it does both in the other order.
   */
  final void hold() {
    if ((rejections & HELD) == 0) {
      REJECTIONS.getAndBitwiseOr(this, HELD);
      VarHandle.fullFence();
    }
  }

  final boolean isHeld() {
    return (rejections & HELD) != 0;
  }

  /** Returns whether calls wait, or the key is paused. */
  final boolean isBusy() {
    Turns present = turns;
    return present != null && !present.isOpen();
  }
}
