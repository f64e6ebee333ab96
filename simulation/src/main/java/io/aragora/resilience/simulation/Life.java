package io.aragora.resilience.simulation;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.ResilienceException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** One life: the processes that a plan begins and ends, and their callers. */
final class Life {
  /** What came of a life. */
  record Result(@Nullable Throwable violation, long steps, long calls, List<String> lines) {}

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
  private static final long OUTAGE = Duration.ofSeconds(3).toNanos();
  private static final long REST = Duration.ofMinutes(5).toNanos();

  private static volatile @Nullable Life current;

  private final Plan plan;
  private final Schedule schedule;
  private final SimulatedStore store;
  private final Chance logFaults;
  private final Peer peer;
  private final List<Actor> callers = new ArrayList<>();
  private final Map<String, SavedBreaker> acknowledged = new HashMap<>();
  private final World[] worlds;
  private final Set<Object> produced = Collections.newSetFromMap(new IdentityHashMap<>());
  private int processes;
  private int callersAtWork;
  private long calls;
  private final List<Call> asyncCalls = new ArrayList<>();

  private Life(Plan plan, boolean traced) {
    this.plan = plan;
    this.worlds = new World[plan.processes()];
    this.schedule = new Schedule(plan.seed(), plan.pace(), traced);
    this.store = new SimulatedStore(schedule, plan.seed() + 1, plan.weather().store());
    this.logFaults = new Chance(plan.seed() + 2);
    schedule.start("director", false, this::direct);
    this.peer = new Peer(schedule);
  }

  /** Runs a life; one at a time in a JVM. */
  static synchronized Result run(Plan plan, boolean traced) {
    Life life = new Life(plan, traced);
    current = life;
    try {
      Throwable violation = life.schedule.run();
      return new Result(violation, life.schedule.steps(), life.calls, life.schedule.lines());
    } finally {
      current = null;
    }
  }

  static Life current() {
    Life life = current;
    if (life == null) {
      throw new IllegalStateException("no life runs");
    }
    return life;
  }

  static @Nullable Life currentOrNull() {
    return current;
  }

  Schedule schedule() {
    return schedule;
  }

  /** Whether the process that begins is the only one so far. */
  boolean isStoreUnused() {
    return processes == 1 && plan.processes() == 1 && !plan.weather().rows();
  }

  boolean restoresLate() {
    return plan.weather().store() > 0;
  }

  boolean lacksThreads() {
    return plan.weather().threads() > 0;
  }

  void logged(System.Logger.Level level, String logger, String line, @Nullable Throwable thrown) {
    if (isOfKilledProcess(thrown)) {
      return;
    }
    schedule.trace("log " + level + ": " + line);
    if (level.getSeverity() >= System.Logger.Level.ERROR.getSeverity()
        && plan.weather().equals(Plan.Weather.FINE)) {
      schedule.fail(new Violation("nothing is logged as an error while all is well", line));
    }
    if (logFaults.permille(plan.weather().log())) {
      throw new Failures.Foreign("simulated: the log");
    }
  }

  /** The library may wrap what ended its thread, as the cause of a rejection for instance. */
  private static boolean isOfKilledProcess(@Nullable Throwable thrown) {
    for (Throwable each = thrown; each != null; each = each.getCause()) {
      if (each instanceof Abandoned) {
        return true;
      }
    }
    return false;
  }

  // The first actor: begins the process, starts the callers, and at the end looks at what is left.
  private void direct() throws Throwable {
    if (plan.weather().rows()) {
      List<String> names = new ArrayList<>();
      plan.stacks().forEach(stack -> stack.policies().forEach(policy -> names.add(policy.name())));
      store.putHostileRows(names);
    }
    for (int i = 0; i < worlds.length; i++) {
      worlds[i] = begin();
    }
    schedule.afterStep(this::afterStep);
    schedule.whenStill(this::whenStill);
    for (List<Plan.Op> script : plan.scripts()) {
      callersAtWork++;
      int home = callers.size() % worlds.length;
      callers.add(
          schedule.start("caller-" + (callers.size() + 1), false, () -> follow(script, home)));
    }
    Actor self = Actor.self();
    self.await(() -> callersAtWork == 0, "the callers");
    schedule.sleep(REST);
    for (Call call : asyncCalls) {
      checkEnded(call);
    }
    for (World world : worlds) {
      SimulatedTime time = world.time();
      self.await(time::isIdle, "the background");
      world.atEnd();
      world.close();
      self.await(time::isIdle, "the background");
      if (time.openDrives() != 0) {
        throw new Violation("closing ends the timer", time.openDrives() + " are open");
      }
    }
    if (store.openConnections() != processesKilled) {
      throw new Violation("closing closes the store", store.openConnections() + " are open");
    }
  }

  private int processesKilled;

  private int wallJumps;

  private void afterStep() {
    for (World world : worlds) {
      world.afterStep();
    }
  }

  private void whenStill() {
    for (World world : worlds) {
      world.whenStill();
    }
  }

  boolean hasProduced(Object outcome) {
    return produced.contains(outcome);
  }

  /** Notes what a body, a fallback or chaos made. */
  <T> T produced(T outcome) {
    produced.add(outcome);
    return outcome;
  }

  private void checkEnded(Call call) {
    CompletableFuture<?> future = call.future();
    if (future != null && !future.isDone() && !call.world().time().isKilled()) {
      throw new Violation("every asynchronous call ends", call + " of a caller that has left");
    }
  }

  private World begin() {
    processes++;
    schedule.trace("process " + processes + " begins");
    SimulatedTime time = new SimulatedTime(
        schedule,
        "process-" + processes,
        BEGIN.plusNanos(schedule.now()),
        plan.seed() + processes,
        plan.weather().threads());
    Foreign foreign = new Foreign(schedule, plan.seed() + 100 + processes, plan.weather());
    MetricsPage page = new MetricsPage();
    ResilienceBuilder builder = Resilience.builder()
        .name("life")
        .timeSource(time)
        .stateStore(store.connect())
        .saveInterval(Duration.ofSeconds(10))
        .property("resilience.chaos.enabled", "true")
        .extension(page);
    if (plan.hasReader()) {
      MetricsPage.addTo(builder, new Chance(plan.seed() + 3));
    }
    World next = new World(this, time, builder.build(), page, plan, foreign);
    checkRestored(next);
    return next;
  }

  /** What a flush has acknowledged is there after a restart, unless the store lost it. */
  private void checkRestored(World next) {
    // A jump back and another forward may hide a change that came between them.
    boolean isClockSane = wallJumps < 2;
    if (!plan.weather().equals(Plan.Weather.FINE) || plan.processes() > 1 || !isClockSane) {
      return;
    }
    acknowledged.forEach((name, saved) -> {
      if (next.subject(name) instanceof BreakerSubject subject) {
        long generation = subject.breaker().snapshot().generation();
        subject.check(
            generation >= saved.generation(),
            "what flush acknowledged survives",
            saved + " was acknowledged, now " + subject.breaker().snapshot());
      }
    });
  }

  // A caller: does one thing after the other.
  private void follow(List<Plan.Op> script, int home) {
    try {
      for (Plan.Op op : script) {
        if (schedule.hasFailed()) {
          return;
        }
        World present = worlds[home];
        try {
          act(op, present, home);
        } catch (Abandoned e) {
          if (!present.time().isKilled()) {
            throw e;
          }
          Actor self = Actor.self();
          self.await(() -> worlds[home] != present, "the next process");
        }
        Thread.interrupted();
      }
    } finally {
      callersAtWork--;
    }
  }

  private void act(Plan.Op op, World present, int home) {
    Chance chance = new Chance(op.seed());
    schedule.trace(op.act().toString());
    switch (op.act()) {
      case CALL, CALL_INTERRUPTIBLY -> call(present, op, chance);
      case CALL_ASYNC, SUBMIT -> callAsync(present, op, chance);
      case PERMIT -> permit(present, op, chance);
      case SLEEP -> schedule.sleep(chance.upTo(Duration.ofSeconds(20).toNanos()));
      case CANCEL -> cancel(op);
      case INTERRUPT -> callers.get(op.target() % callers.size()).interruptFromOutside();
      case JUMP_WALL_CLOCK -> {
        wallJumps++;
        present.time().jumpWallClock(Duration.ofMillis(chance.between(-5_000_000, 5_000_000)));
      }
      case CONTROL -> operate(present, () -> present.subject(op.target()).control(chance));
      case RECONFIGURE -> operate(present, () -> present.subject(op.target()).reconfigure(chance));
      case READ ->
        operate(present, () -> {
          Object read = present.subject(op.target()).read();
          schedule.trace("reads " + read);
        });
      case READ_ALL -> operate(present, present.reader()::read);
      case RECONFIGURE_RUNTIME -> operate(present, () -> reconfigureRuntime(present, op, chance));
      case FLUSH -> operate(present, () -> flush(present));
      case CLOSE -> close(present, home);
      case KILL -> kill(present, home);
    }
  }

  private void operate(World present, Runnable operation) {
    if (!present.hasSubjects()) {
      return;
    }
    try {
      operation.run();
    } catch (ResilienceClosedException e) {
      checkClosing(present, e);
    }
  }

  private static void checkClosing(World present, Throwable thrown) {
    if (!present.isClosing()) {
      throw new Violation("only a closed runtime says that it is closed", thrown);
    }
  }

  private void reconfigureRuntime(World present, Plan.Op op, Chance chance) {
    Map<String, String> settings = present.subject(op.target()).externalSettings(chance);
    schedule.trace("settings from outside: " + settings);
    present.resilience().reconfigure(settings);
  }

  private void flush(World present) {
    Map<String, SavedBreaker> states = new HashMap<>();
    for (Subject subject : present.subjects()) {
      if (subject instanceof BreakerSubject own) {
        states.put(subject.name(), own.breaker().save());
      }
    }
    if (present.resilience().flush(Duration.ofSeconds(5)) && !present.isClosing()) {
      acknowledged.putAll(states);
    }
  }

  private void close(World present, int home) {
    if (present.isClosing() || present.time().isKilled()) {
      return;
    }
    present.close();
    Actor.self().await(() -> present.callsUnderWay() == 0, "calls of a closed process");
    schedule.trace("closed");
    worlds[home] = begin();
  }

  private void kill(World present, int home) {
    if (present.isClosing() || present.time().isKilled()) {
      return;
    }
    schedule.trace("killed");
    present.time().kill();
    processesKilled++;
    worlds[home] = begin();
  }

  private void cancel(Plan.Op op) {
    if (!asyncCalls.isEmpty()) {
      Call call = asyncCalls.get(op.target() % asyncCalls.size());
      schedule.trace("cancels " + call);
      call.cancel();
    }
  }

  private void call(World present, Plan.Op op, Chance chance) {
    World.Protection protection = present.protection(op.target());
    if (protection.subjects().isEmpty()) {
      return;
    }
    Call call = new Call(present, ++calls, Actor.self(), false);
    call.goesThrough(protection.subjects());
    Body body = body(call, op, protection.hasHangingBodies(), chance);
    boolean interruptibly = op.act() == Plan.Act.CALL_INTERRUPTIBLY;
    boolean byProxy = protection.proxy() != null && chance.percent(50);
    boolean wasInterrupted = Thread.currentThread().isInterrupted();
    present.begun();
    Object value = null;
    Throwable failure = null;
    try {
      value = byProxy
          ? byProxy(protection, body, interruptibly)
          : through(protection, call, body, interruptibly);
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (Throwable e) {
      failure = e;
    } finally {
      present.ended();
      call.end();
    }
    checkCallEnd(present, protection, call, value, failure);
    if (call.bodiesUnderWay() != 0 && !hasHedge(protection)) {
      throw new Violation("no body runs after its call", call + " has " + call.bodiesUnderWay());
    }
    if (Thread.interrupted() && !wasInterrupted && !call.wasInterrupted()) {
      throw new Violation("no interrupt of the library is left", call.toString());
    }
    if (CallContext.current().attempt() > 1
        || CallContext.current().remaining().isPresent()
        || CallContext.current().retryName().isPresent()) {
      throw new Violation("nothing of a call is left on its thread", call.toString());
    }
  }

  private static boolean hasHedge(World.Protection protection) {
    return protection.subjects().stream()
        .anyMatch(each -> each instanceof HedgeSubject
            || each instanceof CoalescerSubject
            || (each instanceof HttpSubject own && own.isHedged()));
  }

  private static @Nullable Object through(
      World.Protection protection, Call call, Body body, boolean interruptibly) throws Throwable {
    if (protection.pipeline() == null) {
      return nested(protection.subjects(), 0, call, body, interruptibly);
    }
    protection.counts().calls++;
    if (protection.withFallback() != null) {
      return interruptibly
          ? protection.withFallback().<Throwable>callInterruptibly(() -> counted(protection, body))
          : protection.withFallback().<Throwable>call(() -> counted(protection, body));
    }
    return interruptibly
        ? protection
            .pipeline()
            .<Object, Throwable>callInterruptibly(() -> counted(protection, body))
        : protection.pipeline().<Object, Throwable>call(() -> counted(protection, body));
  }

  private static Object byProxy(World.Protection protection, Body body, boolean interruptibly)
      throws Throwable {
    protection.counts().calls++;
    Annotated proxy = Objects.requireNonNull(protection.proxy());
    Subject.Inside inside = () -> counted(protection, body);
    if (protection.withFallback() != null) {
      return interruptibly ? proxy.callInterruptiblyOrElse(inside) : proxy.callOrElse(inside);
    }
    return interruptibly ? proxy.callInterruptibly(inside) : proxy.call(inside);
  }

  private static Object counted(World.Protection protection, Body body) throws Throwable {
    protection.counts().bodies++;
    return body.run();
  }

  private static @Nullable Object nested(
      List<Subject> subjects, int depth, Call call, Body body, boolean interruptibly)
      throws Throwable {
    return depth == subjects.size()
        ? body.run()
        : subjects
            .get(depth)
            .call(
                call,
                interruptibly,
                () -> nestedNotNull(subjects, depth + 1, call, body, interruptibly));
  }

  private static Object nestedNotNull(
      List<Subject> subjects, int depth, Call call, Body body, boolean interruptibly)
      throws Throwable {
    Object value = nested(subjects, depth, call, body, interruptibly);
    if (value == null) {
      throw new Violation("no value is lost", call.toString());
    }
    return value;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback looks at the end of the call
  private void callAsync(World present, Plan.Op op, Chance chance) {
    World.Protection protection = present.protection(op.target());
    if (protection.subjects().isEmpty()) {
      return;
    }
    Call call = new Call(present, ++calls, Actor.self(), true);
    call.goesThrough(protection.subjects());
    Body body = body(call, op, protection.hasHangingBodies(), chance);
    boolean byProxy = protection.proxy() != null && chance.percent(50);
    present.begun();
    CompletionStage<Object> stage;
    try {
      stage = byProxy ? byProxyAsync(protection, body) : throughAsync(protection, call, body);
    } catch (Abandoned | Violation e) {
      present.ended();
      throw e;
    } catch (Throwable e) {
      throw new Violation("callAsync never throws", e);
    }
    CompletableFuture<Object> future = stage.toCompletableFuture();
    call.future(future);
    asyncCalls.add(call);
    future.whenComplete((value, thrown) -> {
      present.ended();
      try {
        if (call.hasEnded()) {
          throw new Violation("a call ends once", call.toString());
        }
        call.end();
        checkCallEnd(
            present,
            protection,
            call,
            value,
            thrown instanceof CompletionException && thrown.getCause() != null
                ? thrown.getCause()
                : thrown);
      } catch (Abandoned e) {
        // its process was killed
      } catch (Throwable e) {
        schedule.fail(e);
      }
    });
    if (chance.percent(50)) {
      Actor.self().await(() -> future.isDone() || present.time().isKilled(), call + " to end");
    }
  }

  private static CompletionStage<Object> throughAsync(
      World.Protection protection, Call call, Body body) {
    if (protection.pipeline() == null) {
      return nestedAsync(protection.subjects(), 0, call, body);
    }
    protection.counts().calls++;
    return protection.withFallback() != null
        ? protection.withFallback().callAsync(() -> countedAsync(protection, body))
        : protection.pipeline().callAsync(() -> countedAsync(protection, body));
  }

  private static CompletionStage<Object> byProxyAsync(World.Protection protection, Body body) {
    protection.counts().calls++;
    Annotated proxy = Objects.requireNonNull(protection.proxy());
    Subject.InsideAsync inside = () -> countedAsync(protection, body);
    return protection.withFallback() != null
        ? proxy.callAsyncOrElse(inside)
        : proxy.callAsync(inside);
  }

  private static CompletionStage<Object> countedAsync(World.Protection protection, Body body) {
    protection.counts().bodies++;
    return body.begin();
  }

  private static CompletionStage<Object> nestedAsync(
      List<Subject> subjects, int depth, Call call, Body body) {
    return depth == subjects.size()
        ? body.begin()
        : subjects.get(depth).callAsync(call, () -> nestedAsync(subjects, depth + 1, call, body));
  }

  private Body body(Call call, Plan.Op op, boolean mayHang, Chance chance) {
    return new Body(schedule, peer, call, brokenPercent(op), mayHang, chance.seed());
  }

  /** How many of a hundred bodies fail: each dependency has its outages. */
  private int brokenPercent(Plan.Op op) {
    long span = schedule.now() / OUTAGE;
    return new Chance(plan.seed() + 31 * span + op.target() % plan.stacks().size())
        .of(0, 0, 30, 100);
  }

  private void permit(World present, Plan.Op op, Chance chance) {
    Subject subject = present.watchedSubject(op.target());
    if (subject == null) {
      return;
    }
    Call call = new Call(present, ++calls, Actor.self(), false);
    Body body = body(call, op, false, chance);
    present.begun();
    try {
      subject.permit(call, body);
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (ResilienceClosedException e) {
      checkClosing(present, e);
    } catch (Throwable e) {
      if (!call.hasProduced(e)) {
        throw new Violation("a permit by hand throws nothing", e);
      }
    } finally {
      present.ended();
      call.end();
    }
  }

  private static void checkCallEnd(
      World present,
      World.Protection protection,
      Call call,
      @Nullable Object value,
      @Nullable Throwable failure) {
    if (present.time().isKilled()) {
      return;
    }
    if (failure == null) {
      boolean isOfBody = value != null
          && (call.hasProduced(value)
              || protection.withFallback() != null
              || (protection.subjects().stream().anyMatch(CoalescerSubject.class::isInstance)
                  && present.life().hasProduced(value)));
      if (!isOfBody) {
        throw new Violation("a value comes from a body of its call", call + " returned " + value);
      }
      return;
    }
    // Another call may have led the flight, through other policies.
    boolean sharesFlights =
        protection.subjects().stream().anyMatch(CoalescerSubject.class::isInstance);
    boolean sharesOutcomes =
        sharesFlights || protection.subjects().stream().anyMatch(ChaosSubject.class::isInstance);
    boolean ofBody =
        call.hasProduced(failure) || (sharesOutcomes && present.life().hasProduced(failure));
    boolean ofPolicy = failure instanceof CallRejectedException rejection
        ? sharesFlights
            || protection.subjects().stream()
                .anyMatch(each -> rejection.policy().startsWith(each.name()))
        : failure instanceof ResilienceException && !(failure instanceof ResilienceClosedException);
    boolean ofClosing = failure instanceof ResilienceClosedException && present.isClosing();
    boolean ofCaller = (Subject.isInterruption(failure) && call.wasInterrupted())
        || (failure instanceof CancellationException && call.wasCancelled());
    boolean ofMachine = failure instanceof RejectedExecutionException && present.lacksThreads();
    boolean ofFallback = protection.withFallback() != null
        && (failure instanceof Failures.Foreign || failure instanceof Failures.Fatal);
    if (!ofBody && !ofPolicy && !ofClosing && !ofCaller && !ofMachine && !ofFallback) {
      throw new Violation(
          "a failure has a known origin",
          new IllegalStateException(call + " threw " + failure, failure));
    }
  }
}
