package io.aragora.resilience.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Shortens a life that fails: leaves out parts of its plan as long as the same rule is violated. */
final class Shrinking {
  private static final int MAX_TRIES = 400;

  private final String rule;
  private int tries;
  private Plan plan;
  private Life.Result result;

  /** The shortest life that was found. */
  record Shortest(Plan plan, Life.Result result, int tries) {}

  private Shrinking(Plan plan, Life.Result result, String rule) {
    this.plan = plan;
    this.result = result;
    this.rule = rule;
  }

  static Shortest of(Plan plan, Throwable violation) {
    Life.Result first = Life.run(plan, true);
    if (!(violation instanceof Violation own) || !fails(first, own.rule())) {
      return new Shortest(plan, first, 0);
    }
    Shrinking shrinking = new Shrinking(plan, first, own.rule());
    boolean shorter = true;
    while (shorter && shrinking.tries < MAX_TRIES) {
      shorter = shrinking.round();
    }
    return new Shortest(shrinking.plan, shrinking.result, shrinking.tries);
  }

  private static boolean fails(Life.Result result, String rule) {
    return result.violation() instanceof Violation own && own.rule().equals(rule);
  }

  private boolean round() {
    int before = plan.size();
    attempt(new Plan(
        plan.seed(),
        plan.pace(),
        Plan.Weather.FINE,
        plan.processes(),
        plan.stacks(),
        plan.scripts()));
    attempt(new Plan(
        plan.seed(),
        new Schedule.Pace(0, 0, 0),
        plan.weather(),
        plan.processes(),
        plan.stacks(),
        plan.scripts()));
    attempt(new Plan(plan.seed(), plan.pace(), plan.weather(), 1, plan.stacks(), plan.scripts()));
    shorten(plan.scripts().size(), i -> withScripts(without(plan.scripts(), i)));
    for (int s = 0; s < plan.scripts().size(); s++) {
      int script = s;
      for (int chunk = plan.scripts().get(s).size() / 2; chunk >= 1; chunk /= 2) {
        for (int i = plan.scripts().get(s).size() - chunk; i >= 0; i -= chunk) {
          List<Plan.Op> ops = new ArrayList<>(plan.scripts().get(script));
          if (i + chunk <= ops.size()) {
            ops.subList(i, i + chunk).clear();
            withScripts(with(plan.scripts(), script, ops));
          }
        }
      }
    }
    shorten(plan.stacks().size(), i -> {
      if (plan.stacks().size() > 1) {
        attempt(new Plan(
            plan.seed(),
            plan.pace(),
            plan.weather(),
            plan.processes(),
            without(plan.stacks(), i),
            plan.scripts()));
      }
    });
    for (int s = 0; s < plan.stacks().size(); s++) {
      int stack = s;
      shorten(plan.stacks().get(s).policies().size(), i -> {
        Plan.Stack old = plan.stacks().get(stack);
        Plan.Stack less =
            new Plan.Stack(old.isPipeline(), old.hasFallback(), without(old.policies(), i));
        attempt(new Plan(
            plan.seed(),
            plan.pace(),
            plan.weather(),
            plan.processes(),
            with(plan.stacks(), stack, less),
            plan.scripts()));
      });
    }
    return plan.size() < before;
  }

  private void withScripts(List<List<Plan.Op>> scripts) {
    attempt(new Plan(
        plan.seed(), plan.pace(), plan.weather(), plan.processes(), plan.stacks(), scripts));
  }

  private void attempt(Plan shorter) {
    if (shorter == null
        || shorter.equals(plan)
        || shorter.scripts().isEmpty()
        || ++tries > MAX_TRIES) {
      return;
    }
    Life.Result next = Life.run(shorter, true);
    if (fails(next, rule)) {
      plan = shorter;
      result = next;
    }
  }

  private static void shorten(int size, Consumer<Integer> leaveOut) {
    for (int i = size - 1; i >= 0; i--) {
      leaveOut.accept(i);
    }
  }

  private static <T> List<T> without(List<T> list, int index) {
    List<T> rest = new ArrayList<>(list);
    if (index < rest.size()) {
      rest.remove(index);
    }
    return rest;
  }

  private static <T> List<T> with(List<T> list, int index, T element) {
    List<T> changed = new ArrayList<>(list);
    changed.set(index, element);
    return changed;
  }
}
