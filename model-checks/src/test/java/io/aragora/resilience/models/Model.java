package io.aragora.resilience.models;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * A class that Lincheck calls from several threads in many schedules. What the calls return must be what some order of them, one
 * after the other, returns from the specification: that is a nested class of the name {@code Specification}, else the model.
 *
 * @param type the class with the operations
 * @param scenarios what is called: before, by each thread, and after, with a {@code |} between those
 */
record Model(Class<?> type, List<String> scenarios) {
  private static final Pattern CALL = Pattern.compile("(\\w+)\\(([^)]*)\\)");

  /** How many times as long as in each build the checks run. */
  static final int FACTOR = Integer.getInteger("models.factor", 1);

  static Model of(Class<?> type, String... scenarios) {
    return new Model(type, List.of(scenarios));
  }

  /** Returns the model with the scenario of a number alone; itself if that is {@link Mutant#ANY}. */
  Model only(int scenario) {
    return scenario == Mutant.ANY ? this : new Model(type, List.of(scenarios.get(scenario)));
  }

  /**
   * Controls every switch between the threads, and tries schedules with few switches first: first in the scenarios of this model,
   * then in random ones.
   *
   * @param checked the type of this model, or its copy with a broken class
   * @param schedules how many schedules of each scenario
   * @param random how many random scenarios
   */
  void checkSchedules(Class<?> checked, int schedules, int random) {
    ModelCheckingOptions options = new ModelCheckingOptions().invocationsPerIteration(schedules);
    check(options, checked, random);
  }

  /**
   * Runs the threads freely. This sees reordering by compiler and processor, too, which a controlled schedule does not.
   *
   * @param checked the type of this model, or its copy with a broken class
   * @param runs how many runs of each scenario
   */
  void stress(Class<?> checked, int runs) {
    check(new StressOptions().invocationsPerIteration(runs), checked, 0);
  }

  private <O extends Options<O, ?>> void check(O options, Class<?> checked, int random) {
    for (String scenario : scenarios) {
      options.addCustomScenario(scenario(checked, scenario));
    }
    options
        .iterations(random)
        .threads(2)
        .actorsBefore(2)
        .actorsPerThread(3)
        .actorsAfter(2)
        .minimizeFailedScenario(false)
        .sequentialSpecification(specification(checked))
        .check(checked);
  }

  private static Class<?> specification(Class<?> checked) {
    for (Class<?> nested : checked.getDeclaredClasses()) {
      if (nested.getSimpleName().equals("Specification")) {
        return nested;
      }
    }
    return checked;
  }

  private static ExecutionScenario scenario(Class<?> checked, String text) {
    List<List<Actor>> parts = new ArrayList<>();
    for (String part : text.split("\\|", -1)) {
      parts.add(CALL.matcher(part).results().map(call -> actor(checked, call)).toList());
    }
    Actor validation = Arrays.stream(checked.getMethods())
        .filter(method -> method.isAnnotationPresent(Validate.class))
        .findFirst()
        .map(method -> new Actor(method, List.of()))
        .orElse(null);
    return new ExecutionScenario(
        parts.get(0), parts.subList(1, parts.size() - 1), parts.get(parts.size() - 1), validation);
  }

  private static Actor actor(Class<?> checked, MatchResult call) {
    Method method = Arrays.stream(checked.getMethods())
        .filter(candidate -> candidate.getName().equals(call.group(1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no operation " + call.group() + " in " + checked));
    String[] texts = call.group(2).isEmpty() ? new String[0] : call.group(2).split(", *");
    List<Object> arguments = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      arguments.add(
          method.getParameterTypes()[i] == boolean.class
              ? (Object) Boolean.valueOf(texts[i])
              : Integer.valueOf(texts[i]));
    }
    return new Actor(method, arguments);
  }

  @Override
  public String toString() {
    return type.getSimpleName();
  }
}
