package io.aragora.resilience.core.chaos;

import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.chaos.ChaosConfig.Chance;
import io.aragora.resilience.chaos.ChaosEvent;
import io.aragora.resilience.chaos.ChaosTotals;
import io.aragora.resilience.chaos.Injection;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.OnceLog;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.dispatch.BackgroundReceiver;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A chaos policy. A call costs the read of a final field if chaos is not enabled, and of a volatile one if it is not active.
 * Thread-safe.
 */
public final class CoreChaos extends CorePolicy implements Chaos, ReadablePolicy {
  private static final GuardedLog LOG = GuardedLog.of(CoreChaos.class);
  private static final Injection[] INJECTIONS = Injection.values();

  private final boolean isEnabled;
  private final ChaosConfig config;
  private final ChaosSwitch control;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final ChaosDraw draw;
  private final EventChannel<ChaosEvent> events;
  private final OnceLog warnings = new OnceLog(LOG);
  private final BackgroundReceiver<@Nullable Object> lost;

  /** The calls that were drawn for; the number of a call seeds its draw. */
  private final AtomicLong calls = new AtomicLong();

  /** Never changed after the construction. */
  private final Map<Injection, LongAdder> counts = new EnumMap<>(Injection.class);

  /**
   * Creates a chaos policy.
   *
   * @param name its name
   * @param config its config
   * @param scale the factor of its chances, in [0, 1]
   * @param control the switch of its runtime
   * @param time the time source
   * @param timer times the delays of asynchronous calls
   * @param dispatcher runs the bodies of delayed calls and delivers events
   */
  public CoreChaos(
      String name,
      ChaosConfig config,
      double scale,
      ChaosSwitch control,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher) {
    super(name);
    this.isEnabled = control.isEnabled();
    this.config = config;
    this.control = control;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.draw = new ChaosDraw(config.chances(), scale);
    this.events = new EventChannel<>(name, dispatcher);
    this.lost = new BackgroundReceiver<>(dispatcher, new Consumer<@Nullable Object>() {
      @Override
      public void accept(@Nullable Object result) {
        giveNow(result);
      }
    });
    for (Injection injection : INJECTIONS) {
      counts.put(injection, new LongAdder());
    }
  }

  @Override
  public ChaosConfig config() {
    return config;
  }

  @Override
  public double scale() {
    return draw.scale();
  }

  @Override
  public ChaosTotals totals() {
    return ChaosTotals.builder()
        .calls(calls.get())
        .failed(count(Injection.FAIL).sum())
        .delayed(count(Injection.DELAY).sum())
        .failedAfter(count(Injection.FAIL_AFTER).sum())
        .behaved(count(Injection.BEHAVE).sum())
        .build();
  }

  private LongAdder count(Injection injection) {
    return Objects.requireNonNull(counts.get(injection));
  }

  @Override
  public void read(Readings into) {
    for (Injection injection : INJECTIONS) {
      into.count(numberOf(injection), Readings.NONE, count(injection).sum());
    }
    into.level("active", control.isActive() ? 1 : 0);
  }

  private static String numberOf(Injection injection) {
    return switch (injection) {
      case FAIL -> "injections.fail";
      case DELAY -> "injections.delay";
      case FAIL_AFTER -> "injections.fail_after";
      case BEHAVE -> "injections.behave";
    };
  }

  @Override
  public Subscription subscribe(Consumer<? super ChaosEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  public boolean isLeftOut() {
    return !isEnabled;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    if (!isEnabled || !control.mayBeActive()) {
      return chain.<T>inside(lent, index, body);
    }
    // A delay must be left.
    StackRoom.forCall();
    double drawn = next();
    Chance chance = draw.at(drawn);
    if (chance == null || !isWanted(null)) {
      return chain.<T>inside(lent, index, body);
    }
    switch (chance.injection()) {
      case FAIL -> {
        Throwable failure = failureOf(chance);
        if (failure != null && begins(chance, 0, null)) {
          throw failure;
        }
      }
      case DELAY -> await(chance, draw.delayNanos(drawn), lent != null ? lent : Frame.ofThread());
      case BEHAVE -> behave(chance);
      case FAIL_AFTER -> {
        T result = chain.<T>inside(lent, index, body);
        Throwable failure = failureAfter(chance, result);
        if (failure != null) {
          throw failure;
        }
        return result;
      }
    }
    return chain.<T>inside(lent, index, body);
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    if (!isEnabled || !control.mayBeActive()) {
      return chain.insideAsync(context, index, body);
    }
    StackRoom.forCall();
    double drawn = next();
    Chance chance = draw.at(drawn);
    if (chance == null || !isWanted(context)) {
      return chain.insideAsync(context, index, body);
    }
    switch (chance.injection()) {
      case FAIL -> {
        Throwable failure = failureOf(chance);
        if (failure != null && begins(chance, 0, null)) {
          return CompletableFuture.failedFuture(failure);
        }
      }
      case DELAY -> {
        long nanos = draw.delayNanos(drawn);
        long until = cut(
            Nanos.after(time.nanoTime(), nanos), context.deadlineOn(time), context.endedAtOn(time));
        DelayedFuture<T> future = new DelayedFuture<>(this, until, context, chain, index, body);
        if (begins(chance, nanos, future)) {
          future.await();
          return future;
        }
      }
      case BEHAVE -> behave(chance);
      case FAIL_AFTER -> {
        return failAfter(chance, chain.insideAsync(context, index, body));
      }
    }
    return chain.insideAsync(context, index, body);
  }

  private <T extends @Nullable Object> CompletableFuture<T> failAfter(
      Chance chance, CompletableFuture<T> inner) {
    if (!PolicyFuture.hasSucceeded(inner)) {
      LostFuture<T> future = new LostFuture<>(this, chance);
      future.watch(inner);
      return future;
    }
    Throwable failure = failureAfter(chance, inner.join());
    return failure == null ? inner : CompletableFuture.failedFuture(failure);
  }

  /** Draws for the next call; {@link ChaosDraw#NOTHING} if chaos is over. */
  private double next() {
    return control.isActive() ? time.random(name(), calls.getAndIncrement(), 0) : ChaosDraw.NOTHING;
  }

  /** Asks the predicate about the call of a context; of the thread if that is null. */
  private boolean isWanted(@Nullable CallContext context) {
    Predicate<? super CallContext> predicate = config.onlyIf();
    if (predicate == null) {
      return true;
    }
    try {
      return predicate.test(context == null ? CallContext.current() : context);
    } catch (Throwable e) {
      warnings.warn(this, "onlyIf failed; nothing is injected", e);
      return false;
    }
  }

  private @Nullable Throwable failureOf(Chance chance) {
    Supplier<? extends Throwable> supplier = chance.failure();
    Throwable thrown = null;
    try {
      Throwable failure = supplier == null ? null : supplier.get();
      if (failure != null) {
        return failure;
      }
    } catch (Throwable e) {
      thrown = e;
    }
    warnings.warn(
        this,
        thrown == null
            ? "the supplier of its failure returned null; nothing is injected"
            : "the supplier of its failure failed; nothing is injected",
        thrown);
    return null;
  }

  /** Returns what replaces a result; null if the result stays. The result is passed on if it is lost. */
  @SuppressWarnings("NullAway") // the receiver takes null
  @Nullable
  Throwable failureAfter(Chance chance, @Nullable Object result) {
    // Chaos may have been stopped while the body ran.
    if (!control.isActive()) {
      return null;
    }
    Throwable failure = failureOf(chance);
    if (failure == null || !begins(chance, 0, null)) {
      return null;
    }
    if (config.onLost() != null) {
      lost.receive(result);
    }
    return failure;
  }

  private void giveNow(@Nullable Object result) {
    Consumer<@Nullable Object> consumer = config.onLost();
    if (consumer == null) {
      return;
    }
    try {
      consumer.accept(result);
    } catch (Throwable e) {
      warnings.warn(this, "onLost failed; the result is dropped", e);
    }
  }

  private void behave(Chance chance) {
    Runnable action = chance.action();
    if (action == null || !begins(chance, 0, null)) {
      return;
    }
    try {
      action.run();
    } catch (Throwable e) {
      warnings.warn(this, "its action failed; the body runs", e);
    }
  }

  /** Returns whether an injection has begun, and publishes it. */
  private boolean begins(Chance chance, long delayNanos, @Nullable Delay delay) {
    if (!control.begin(count(chance.injection()), delay)) {
      return false;
    }
    try {
      FlightRecording.injection(dispatcher.runtime(), name(), chance.injection(), delayNanos);
      if (events.isHeard()) {
        events.publish(ChaosEvent.of(
            name(), ChaosEvent.Kind.INJECTED, chance.injection(), Duration.ofNanos(delayNanos)));
      }
    } catch (Throwable e) {
      LOG.failed(
          System.Logger.Level.ERROR,
          this,
          "an injection could not be published; its listeners miss it",
          e);
    }
    return true;
  }

  /** Publishes the start or the end of chaos. */
  void tell(ChaosEvent.Kind kind, Duration length) {
    if (events.isHeard()) {
      events.publish(ChaosEvent.of(name(), kind, null, length));
    }
  }

  /**
   * Waits on the calling thread. A timeout around interrupts the wait, as it would a slow body. A deadline that interrupts no
   * thread cuts it, and the body sees that no time is left.
   */
  private void await(Chance chance, long nanos, @Nullable Frame frame) {
    long until = Nanos.after(time.nanoTime(), nanos);
    if (frame != null) {
      until = cut(until, frame.deadlineOn(time), frame.interruptedAt());
    }
    ThreadDelay delay = new ThreadDelay(time);
    if (!begins(chance, nanos, delay)) {
      return;
    }
    try {
      while (true) {
        if (Thread.currentThread().isInterrupted()) {
          throw new CallInterruptedException(name());
        }
        if (delay.hasEnded() || time.nanoTime() >= until) {
          return;
        }
        time.parkUntil(this, until);
      }
    } finally {
      control.leave(delay);
    }
  }

  /** Returns the end of a delay: at a deadline at the latest, unless the call is ended there by a policy around. */
  private static long cut(long until, long deadline, long endedAt) {
    return deadline < endedAt ? Math.min(until, deadline) : until;
  }

  void leave(Delay delay) {
    control.leave(delay);
  }

  ResilienceClosedException closed() {
    return new ResilienceClosedException(dispatcher.runtime());
  }

  Timer timer() {
    return timer;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.CHAOS;
  }

  @Override
  protected Dispatcher dispatcher() {
    return dispatcher;
  }

  @Override
  public String toString() {
    return "chaos '" + name() + "'";
  }
}
