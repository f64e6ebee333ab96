package io.aragora.resilience.simulation;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs lives, one seed after the other, until one fails, the number is reached or the time is over. */
public final class Simulation {
  private static final int USAGE = 2;

  private Simulation() {}

  /**
   * Runs lives from the command line.
   *
   * @param args {@code [--from SEED] [--seeds COUNT] [--minutes MINUTES]}; {@code --replay SEED} shows one life
   */
  public static void main(String[] args) {
    long from = 1;
    long seeds = Long.MAX_VALUE;
    long minutes = Long.MAX_VALUE / TimeUnit.MINUTES.toNanos(1);
    boolean replay = false;
    try {
      for (int i = 0; i < args.length; i += 2) {
        long value = Long.parseLong(args[i + 1]);
        switch (args[i]) {
          case "--from" -> from = value;
          case "--seeds" -> seeds = value;
          case "--minutes" -> minutes = value;
          case "--replay" -> {
            from = value;
            seeds = 1;
            replay = true;
          }
          default -> throw new IllegalArgumentException(args[i]);
        }
      }
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      System.err.println(
          "usage: [--from SEED] [--seeds COUNT] [--minutes MINUTES] or --replay SEED, whole numbers: "
              + e.getMessage());
      System.exit(USAGE);
    }
    if (replay) {
      Life.Result result = Life.run(Plan.of(from), true);
      result.lines().forEach(System.out::println);
      System.out.println(result.violation() == null ? "held" : String.valueOf(result.violation()));
      System.exit(result.violation() == null ? 0 : 1);
    }
    String failure = run(from, seeds, TimeUnit.MINUTES.toNanos(minutes), System.out);
    if (failure != null) {
      System.out.println(failure);
      System.exit(1);
    }
  }

  /**
   * Runs lives.
   *
   * @param from the first seed
   * @param seeds how many
   * @param nanos for how long at most
   * @param progress where it is shown, each ten seconds; null for nowhere
   * @return what was violated: the seed, the rule and the shortest history that still fails; null if everything held
   */
  public static @Nullable String run(
      long from, long seeds, long nanos, @Nullable PrintStream progress) {
    long begin = System.nanoTime();
    long shown = begin;
    long calls = 0;
    long steps = 0;
    for (long done = 0; done < seeds; done++) {
      long now = System.nanoTime();
      if (now - begin > nanos) {
        break;
      }
      if (progress != null && now - shown > TimeUnit.SECONDS.toNanos(10)) {
        shown = now;
        progress.printf(
            Locale.ROOT, "%,d lives, %,d calls, %,d steps, all held%n", done, calls, steps);
      }
      Plan plan = Plan.of(from + done);
      Life.Result result = Life.run(plan, false);
      calls += result.calls();
      steps += result.steps();
      if (result.violation() != null) {
        return Report.of(from + done, done + 1, plan, result.violation());
      }
    }
    if (progress != null) {
      progress.printf(
          Locale.ROOT,
          "%,d calls, %,d steps, all held in %,d s%n",
          calls,
          steps,
          TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin));
    }
    return null;
  }

  /** What is printed of a life that failed. */
  private static final class Report {
    private Report() {}

    static String of(long seed, long lives, Plan plan, Throwable violation) {
      Shrinking.Shortest shortest = Shrinking.of(plan, violation);
      StringBuilder text = new StringBuilder();
      text.append("VIOLATED with seed ")
          .append(seed)
          .append(", life ")
          .append(lives)
          .append("\n");
      text.append(violation.getMessage()).append("\n\n");
      text.append("shortest history that still fails: ")
          .append(shortest.plan().size())
          .append(" parts of ")
          .append(plan.size())
          .append(" after ")
          .append(shortest.tries())
          .append(" tries\n");
      text.append(shortest.plan()).append("\n\n");
      List<String> lines = shortest.result().lines();
      lines.stream()
          .skip(Math.max(0, lines.size() - 200))
          .forEach(line -> text.append(line).append("\n"));
      Throwable last = shortest.result().violation();
      if (last != null) {
        text.append("\n").append(last.getMessage()).append("\n");
        for (Throwable cause = last; cause != null; cause = cause.getCause()) {
          text.append(cause.getClass().getSimpleName()).append("\n");
          for (StackTraceElement frame : cause.getStackTrace()) {
            text.append("    at ").append(frame).append("\n");
          }
        }
      }
      return text.toString();
    }
  }
}
