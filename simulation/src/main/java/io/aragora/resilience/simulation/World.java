package io.aragora.resilience.simulation;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.fallback.Fallback;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One process of a life: a runtime, its policies, and the calls that go through them. */
final class World {
  /** The policies around a call, in one of the two forms. */
  record Protection(
      List<Subject> subjects,
      @Nullable Pipeline pipeline,
      @Nullable ResultPipeline<Object> withFallback,
      @Nullable Annotated proxy,
      PipelineCounts counts) {
    /** Whether some of its bodies may take longer than any caller waits. */
    boolean hasHangingBodies() {
      return subjects.stream().anyMatch(each -> each instanceof HttpSubject own && own.isLimited());
    }
  }

  /** What is known of a pipeline whose policies are not watched one by one. */
  static final class PipelineCounts {
    long calls;
    long bodies;
  }

  private final Life life;
  private final SimulatedTime time;
  private final Resilience resilience;
  private final Foreign foreign;
  private final Reader reader;
  private final boolean beganEmpty;
  private final Map<String, Subject> subjects = new LinkedHashMap<>();
  private final List<Protection> protections = new ArrayList<>();
  private int callsUnderWay;
  private boolean closing;

  World(
      Life life,
      SimulatedTime time,
      Resilience resilience,
      MetricsPage page,
      Plan plan,
      Foreign foreign) {
    this.life = life;
    this.time = time;
    this.resilience = resilience;
    this.foreign = foreign;
    this.reader = new Reader(this, page, plan.seed() + 4);
    this.beganEmpty = life.isStoreUnused();
    for (Plan.Stack stack : plan.stacks()) {
      List<Subject> inside = new ArrayList<>();
      for (Plan.PolicyPlan policy : stack.policies()) {
        Subject subject = subjects.get(policy.name());
        if (subject == null) {
          subject = create(policy, stack.isPipeline());
          subjects.put(policy.name(), subject);
          if (stack.isPipeline()) {
            subject.putIntoPipeline();
          }
        }
        inside.add(subject);
      }
      protections.add(protection(stack, inside));
    }
    if (plan.hasReader()) {
      resilience.health().register(Probe.NAME, new Probe(this, plan.seed() + 5));
    }
  }

  Reader reader() {
    return reader;
  }

  private Protection protection(Plan.Stack stack, List<Subject> inside) {
    Pipeline pipeline = null;
    ResultPipeline<Object> withFallback = null;
    Annotated proxy = null;
    if (stack.isPipeline() && !inside.isEmpty()) {
      String name = "p" + protections.size();
      pipeline = resilience.pipeline(name, all -> inside.forEach(each -> all.add(each.policy())));
      if (stack.hasFallback()) {
        withFallback = pipeline.withFallback(Fallback.of(foreign::fallback));
      }
      proxy = Annotated.proxy(this, stack, protections.size());
    }
    return new Protection(inside, pipeline, withFallback, proxy, new PipelineCounts());
  }

  private Subject create(Plan.PolicyPlan plan, boolean inPipeline) {
    Chance chance = new Chance(plan.seed());
    return switch (plan.kind()) {
      case BREAKER -> BreakerSubject.create(this, plan.name(), chance, inPipeline);
      case BULKHEAD -> BulkheadSubject.create(this, plan.name(), chance);
      case LIMITER -> LimiterSubject.create(this, plan.name(), chance);
      case LIMIT -> LimitSubject.create(this, plan.name(), chance);
      case RETRY -> RetrySubject.create(this, plan.name(), chance);
      case TIMEOUT -> TimeoutSubject.create(this, plan.name(), chance);
      case HEDGE -> HedgeSubject.create(this, plan.name(), chance);
      case CHAOS -> ChaosSubject.create(this, plan.name(), chance);
      case KEYED_BREAKER -> KeyedBreakerSubject.create(this, plan.name(), chance);
      case KEYED_LIMITER -> KeyedLimiterSubject.create(this, plan.name(), chance);
      case COALESCER -> CoalescerSubject.create(this, plan.name(), chance);
      case HTTP -> HttpSubject.create(this, plan.name(), chance);
    };
  }

  Resilience resilience() {
    return resilience;
  }

  Foreign foreign() {
    return foreign;
  }

  SimulatedTime time() {
    return time;
  }

  Schedule schedule() {
    return life.schedule();
  }

  Life life() {
    return life;
  }

  long now() {
    return life.schedule().now();
  }

  void trace(Supplier<String> line) {
    if (life.schedule().isTraced()) {
      life.schedule().trace(line.get());
    }
  }

  List<Subject> subjects() {
    return List.copyOf(subjects.values());
  }

  @Nullable
  Subject subject(String name) {
    return subjects.get(name);
  }

  Protection protection(int target) {
    return protections.get(target % protections.size());
  }

  List<Protection> protections() {
    return protections;
  }

  Subject subject(int target) {
    List<Subject> all = subjects();
    return all.get(target % all.size());
  }

  /** Returns a policy whose calls are watched; null if there is none. */
  @Nullable
  Subject watchedSubject(int target) {
    List<Subject> watched = new ArrayList<>();
    for (Protection protection : protections) {
      if (protection.pipeline() == null) {
        watched.addAll(protection.subjects());
      }
    }
    return watched.isEmpty() ? null : watched.get(target % watched.size());
  }

  boolean hasSubjects() {
    return !subjects.isEmpty();
  }

  /** Whether the store may answer only when calls have been counted already. */
  boolean restoresLate() {
    return life.restoresLate();
  }

  /** Whether no process had saved anything when this one began. */
  boolean beganEmpty() {
    return beganEmpty;
  }

  /** Whether a background task may find no thread. */
  boolean lacksThreads() {
    return life.lacksThreads();
  }

  /** Whether its policies behave as the application wrote them: no foreign function throws, no thread is missing. */
  boolean isFine() {
    return foreign.isFine();
  }

  void begun() {
    callsUnderWay++;
  }

  void ended() {
    callsUnderWay--;
  }

  int callsUnderWay() {
    return callsUnderWay;
  }

  boolean isClosing() {
    return closing;
  }

  void close() {
    closing = true;
    resilience.close();
  }

  void afterStep() {
    if (!closing && !time.isKilled()) {
      for (Subject subject : subjects.values()) {
        subject.afterStep();
      }
    }
  }

  /** Checks what must hold when no thread can go on and no background work is left. */
  void whenStill() {
    if (!closing && !time.isKilled() && time.isIdle()) {
      subjects.values().forEach(Subject::whenStill);
    }
  }

  /** What must hold when every call has ended and the process is still open. */
  void atEnd() {
    for (Protection protection : protections) {
      if (protection.pipeline() == null) {
        protection.subjects().forEach(Subject::atEnd);
      } else {
        atEnd(protection);
      }
    }
    reader.read();
  }

  /** Each policy of a pipeline has counted what the one around it let pass. */
  private static void atEnd(Protection protection) {
    long calls = protection.counts().calls;
    for (Subject subject : protection.subjects()) {
      calls = calls == Subject.UNKNOWN ? calls : subject.atEnd(calls);
    }
    if (calls != Subject.UNKNOWN && calls != protection.counts().bodies) {
      throw new Violation(
          "what the last policy lets pass is what bodies run",
          calls + " passed, " + protection.counts().bodies + " bodies ran");
    }
  }

  static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }
}
