package io.aragora.resilience.jmh.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * How much of the processors others take: other processes, and a hypervisor that runs other machines meanwhile. A load
 * average cannot tell, since it has the benchmarks in it.
 */
final class OtherLoad {
  /** The part of all processors from which on figures are not to be trusted. */
  static final double LIMIT = 0.1;

  private static final Path ALL = Path.of("/proc/stat");
  private static final Path OWN = Path.of("/proc/self/stat");
  private static final int STEAL = 7;
  private static final int IDLE = 3;
  private static final int WAIT = 4;

  private Reading last = read();

  /**
   * Processor time since the machine started, in ticks.
   *
   * @param total of all processors, idle or not
   * @param others at work for others: all that is not idle, less what this process and its ended children used
   */
  record Reading(long total, long others) {
    /**
     * What the kernel shows.
     *
     * @param all the first line of {@code /proc/stat}
     * @param own {@code /proc/self/stat}
     */
    static Reading of(String all, String own) {
      long[] ticks = Arrays.stream(all.trim().split(" +"))
          .skip(1)
          .limit(STEAL + 1L)
          .mapToLong(Long::parseLong)
          .toArray();
      long total = Arrays.stream(ticks).sum();
      // the name of the process, in parentheses, may have spaces in it
      String[] fields = own.substring(own.lastIndexOf(')') + 2).split(" ");
      long used = 0;
      // utime, stime, cutime, cstime
      for (int i = 11; i <= 14; i++) {
        used += Long.parseLong(fields[i]);
      }
      return new Reading(total, total - ticks[IDLE] - ticks[WAIT] - used);
    }

    /** The part of the processors that others took since then; NaN if no time has passed. */
    double since(Reading before) {
      long passed = total - before.total;
      return passed <= 0 ? Double.NaN : Math.max(0, (double) (others - before.others) / passed);
    }
  }

  /** The part of the processors that others took since the last call, or NaN if the system does not say. */
  double next() {
    Reading before = last;
    last = read();
    return last == null || before == null ? Double.NaN : last.since(before);
  }

  /** The worse of two, of which each may be unknown. */
  static double worse(double some, double more) {
    return Double.isNaN(some) || more > some ? more : some;
  }

  private static Reading read() {
    if (!Files.isReadable(ALL) || !Files.isReadable(OWN)) {
      return null;
    }
    try {
      return Reading.of(Files.readAllLines(ALL).get(0), Files.readString(OWN));
    } catch (IOException e) {
      return null;
    }
  }
}
