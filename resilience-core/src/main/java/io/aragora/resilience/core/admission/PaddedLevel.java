package io.aragora.resilience.core.admission;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A level whose word shares its cache lines with no other data. */
public final class PaddedLevel extends CellLevel {
  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int WORD = 16;
  private static final int LENGTH = 33;

  private final long[] words = new long[LENGTH];

  /**
   * Creates a level.
   *
   * @param rate the rate
   * @param word the first word, of that rate
   */
  public PaddedLevel(CellRate rate, long word) {
    super(rate);
    setWord(word);
  }

  @Override
  protected long word() {
    return (long) WORDS.getVolatile(words, WORD);
  }

  @Override
  protected boolean casWord(long expected, long next) {
    return WORDS.compareAndSet(words, WORD, expected, next);
  }

  @Override
  protected void setWord(long next) {
    WORDS.setVolatile(words, WORD, next);
  }
}
