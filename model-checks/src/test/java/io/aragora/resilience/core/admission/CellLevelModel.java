package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.time.TestTime;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** A {@link CellLevel} of four permits or of eight, at one time. It is its own specification. */
@Param(name = "permits", gen = IntGen.class, conf = "1:3")
@Param(name = "isFast", gen = BooleanGen.class)
public class CellLevelModel {
  private static final long SECOND = 1_000_000_000;
  private static final CellRate SLOW = CellRate.of(4, SECOND, 4);
  private static final CellRate FAST = CellRate.of(8, SECOND, 8);

  private static final class Level extends CellLevel {
    private final AtomicLong word = new AtomicLong();

    Level(TestTime time) {
      super(SLOW);
      word.set(SLOW.full(time.nanoTime()));
    }

    @Override
    protected long word() {
      return word.get();
    }

    @Override
    protected boolean casWord(long expected, long next) {
      return word.compareAndSet(expected, next);
    }

    @Override
    protected void setWord(long next) {
      word.set(next);
    }
  }

  private final TestTime time = new TestTime();
  private final Level level = new Level(time);

  @Operation
  public boolean take(@Param(name = "permits") int permits) {
    return level.tryTake(permits, time);
  }

  @Operation
  public long available() {
    return level.available(time);
  }

  @Operation
  public void lower(@Param(name = "permits") int permits) {
    level.lower(permits, time);
  }

  @Operation(nonParallelGroup = "operator")
  public void change(@Param(name = "isFast") boolean isFast) {
    level.change(isFast ? FAST : SLOW, time);
  }
}
