package io.aragora.resilience.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What happens in a life, as data, so that a failing life can be made shorter: every part has a seed of its own, and stays what it
 * was when another part is left out.
 *
 * @param seed the seed of the schedule
 * @param pace how threads take turns
 * @param weather the faults of everything around
 * @param processes how many processes share the store at a time
 * @param stacks the policies, around each kind of call
 * @param scripts what each caller does; the first may also end the process
 */
record Plan(
    long seed,
    Schedule.Pace pace,
    Weather weather,
    int processes,
    List<Stack> stacks,
    List<List<Op>> scripts) {
  /**
   * Faults, in a thousand.
   *
   * @param foreign how often a predicate, a listener or another function of the application throws
   * @param store how often the store fails, stalls or keeps a part only
   * @param rows whether the store holds hostile rows when a process starts
   * @param threads how often no thread can be started for a background task
   * @param log how often the log throws
   */
  record Weather(int foreign, int store, boolean rows, int threads, int log) {
    static final Weather FINE = new Weather(0, 0, false, 0, 0);
  }

  /** A policy. Two that have the same name are the same. */
  record PolicyPlan(Kind kind, String name, long seed) {}

  /** The kinds of policies. */
  enum Kind {
    BREAKER,
    BULKHEAD,
    LIMITER,
    LIMIT,
    RETRY,
    TIMEOUT,
    HEDGE,
    CHAOS,
    KEYED_BREAKER,
    KEYED_LIMITER,
    COALESCER,
    HTTP;

    /** Those that can stand around others. */
    private static final List<Kind> NESTED =
        Arrays.stream(values()).filter(kind -> kind != HTTP).toList();

    /** Whether a pipeline can hold it. */
    boolean isForPipelines() {
      return this != KEYED_BREAKER && this != KEYED_LIMITER && this != COALESCER && this != HTTP;
    }
  }

  /**
   * Policies around a call, from the outside in.
   *
   * @param isPipeline whether one pipeline holds them; if not, each is called inside the one before, and watched
   */
  record Stack(boolean isPipeline, boolean hasFallback, List<PolicyPlan> policies) {}

  /** What one caller does next. */
  record Op(Act act, int target, long seed) {}

  /** The kinds of things that callers do. */
  enum Act {
    CALL,
    CALL_INTERRUPTIBLY,
    CALL_ASYNC,
    SUBMIT,
    PERMIT,
    SLEEP,
    CANCEL,
    INTERRUPT,
    CONTROL,
    RECONFIGURE,
    READ,
    READ_ALL,
    RECONFIGURE_RUNTIME,
    FLUSH,
    JUMP_WALL_CLOCK,
    CLOSE,
    KILL;

    boolean isOperation() {
      return this == CONTROL || this == RECONFIGURE || this == RECONFIGURE_RUNTIME;
    }
  }

  int size() {
    int size = weather.equals(Weather.FINE) ? 0 : 1;
    size += processes;
    for (List<Op> script : scripts) {
      size += 1 + script.size();
    }
    for (Stack stack : stacks) {
      size += 1 + stack.policies().size();
    }
    return size;
  }

  /** Draws a life. */
  static Plan of(long seed) {
    Chance chance = new Chance(seed);
    Schedule.Pace pace = new Schedule.Pace(
        chance.of(0, 100, 300, 700), chance.of(0, 0, 20, 100, 400), chance.of(0, 5, 50));
    Weather weather = chance.percent(60)
        ? Weather.FINE
        : new Weather(
            chance.of(0, 0, 10, 100),
            chance.of(0, 0, 100, 400),
            chance.percent(20),
            chance.of(0, 0, 50),
            chance.of(0, 0, 200));
    List<PolicyPlan> shared = new ArrayList<>();
    for (int i = chance.below(3); i > 0; i--) {
      shared.add(policy(chance, "shared" + i));
    }
    List<Stack> stacks = new ArrayList<>();
    for (int i = chance.between(1, 3); i > 0; i--) {
      stacks.add(stack(chance, "s" + i, shared));
    }
    boolean operated = chance.percent(50);
    List<List<Op>> scripts = new ArrayList<>();
    for (int i = chance.between(1, 5); i > 0; i--) {
      scripts.add(script(chance, operated, scripts.isEmpty(), chance.percent(40)));
    }
    long scheduleSeed = chance.seed();
    int processes = chance.percent(15) ? 2 : 1;
    if (chance.percent(15)) {
      stacks.set(chance.below(stacks.size()), annotated(chance));
    }
    if (chance.percent(25)) {
      stacks.add(new Stack(false, false, List.of(policy(Kind.HTTP, "client", chance))));
    }
    if (chance.percent(25)) {
      scripts.add(reading(chance));
    }
    return new Plan(scheduleSeed, pace, weather, processes, stacks, scripts);
  }

  /** Whether a caller of the life reads all that can be read. */
  boolean hasReader() {
    return scripts.stream().flatMap(List::stream).anyMatch(op -> op.act() == Act.READ_ALL);
  }

  private static List<Op> reading(Chance chance) {
    List<Op> ops = new ArrayList<>();
    for (int i = chance.of(5, 15, 30); i > 0; i--) {
      ops.add(new Op(chance.of(Act.READ_ALL, Act.READ_ALL, Act.SLEEP), 0, chance.seed()));
    }
    return List.copyOf(ops);
  }

  /** Returns the policies that the annotations of an interface name. */
  private static Stack annotated(Chance chance) {
    List<PolicyPlan> policies = new ArrayList<>();
    for (Kind kind : Annotated.KINDS) {
      policies.add(policy(kind, Annotated.PREFIX, chance));
    }
    return new Stack(true, chance.percent(30), policies);
  }

  private static PolicyPlan policy(Chance chance, String name) {
    return policy(chance.of(Kind.NESTED), name, chance);
  }

  private static PolicyPlan policy(Kind kind, String name, Chance chance) {
    return new PolicyPlan(
        kind, name + "-" + kind.name().toLowerCase(java.util.Locale.ROOT), chance.seed());
  }

  private static Stack stack(Chance chance, String name, List<PolicyPlan> shared) {
    boolean isPipeline = chance.percent(40);
    List<PolicyPlan> policies = new ArrayList<>();
    for (int i = chance.between(1, 4); i > 0; i--) {
      PolicyPlan policy = !isPipeline && !shared.isEmpty() && chance.percent(40)
          ? chance.of(shared)
          : policy(chance, name + i);
      if (!policies.contains(policy) && (!isPipeline || policy.kind().isForPipelines())) {
        // What a coalescer shares is the outcome of the whole call.
        policies.add(policy.kind() == Kind.COALESCER ? 0 : policies.size(), policy);
      }
    }
    return new Stack(isPipeline, isPipeline && chance.percent(30), policies);
  }

  private static List<Op> script(
      Chance chance, boolean operated, boolean mayEndProcess, boolean endsIt) {
    List<Op> ops = new ArrayList<>();
    int length = chance.of(3, 10, 10, 25);
    for (int i = 0; i < length; i++) {
      Act act = act(chance);
      boolean left = act.isOperation() && !operated;
      ops.add(new Op(left ? Act.CALL : act, chance.below(1 << 20), chance.seed()));
    }
    if (mayEndProcess && endsIt) {
      for (int i = chance.between(1, 3); i > 0; i--) {
        ops.add(
            chance.below(ops.size() + 1), new Op(chance.of(Act.CLOSE, Act.KILL), 0, chance.seed()));
      }
    }
    return List.copyOf(ops);
  }

  private static Act act(Chance chance) {
    int draw = chance.below(100);
    if (draw < 22) {
      return Act.CALL;
    } else if (draw < 30) {
      return Act.CALL_INTERRUPTIBLY;
    } else if (draw < 52) {
      return Act.CALL_ASYNC;
    } else if (draw < 60) {
      return Act.SUBMIT;
    } else if (draw < 68) {
      return Act.PERMIT;
    } else if (draw < 78) {
      return Act.SLEEP;
    } else if (draw < 82) {
      return Act.CANCEL;
    } else if (draw < 86) {
      return Act.INTERRUPT;
    } else if (draw < 90) {
      return Act.CONTROL;
    } else if (draw < 92) {
      return chance.percent(50) ? Act.RECONFIGURE : Act.RECONFIGURE_RUNTIME;
    } else if (draw < 95) {
      return Act.READ;
    } else if (draw < 98) {
      return Act.FLUSH;
    }
    return Act.JUMP_WALL_CLOCK;
  }
}
