package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.CoalescerEvent;
import io.aragora.resilience.coalescing.CoalescerTotals;
import io.aragora.resilience.coalescing.ResultCache;
import io.aragora.resilience.coalescing.ResultCache.Stored;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.InnerCancellation;
import io.aragora.resilience.core.call.OnceLog;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A coalescer. Thread-safe.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the results
 */
public final class CoreCoalescer<K, V extends @Nullable Object>
    implements Coalescer<K, V>, ReadablePolicy {
  /*
   * What a call can see is decided in Flight. This class says who ends a flight, and who leaves it.
   *
   * A leader whose body has ended lands the flight: with its value; with a stored result, which stands in for the failure; or with
   * the failure. It leaves instead, and hands over, if it was not the body that failed: the thread was interrupted, the call was
   * cancelled, or its deadline has passed. CallEnd tells by facts first. So a value always lands, late or not, and the others never
   * see an end that was meant for the leader. If failures are not shared, a leader that failed leaves, too.
   *
   * A thread that leads can leave only where its body ends. A future that leads leaves when it is completed from outside, at any
   * time: Flight decides which of its two ends came first. It hands over, or frees the key, before it cancels its body, because
   * cancelling may run code that blocks; that code holds up no other call then.
   *
   * Order of the end: the flight is over, the entry is removed, threads are woken and futures are handed to the dispatcher, the
   * result waits to be stored, and the call that led returns. So a call that follows a result never finds the flight that gave it,
   * and no call waits for the cache to store, for a continuation of another call, or for the copy of another call.
   *
   * Foreign code: the hash code of a key is asked before there is a flight, and equals may throw only where a call
   * looks for one, which has changed nothing by then. The predicate and the get of the cache are called by the leader
   * before the flight ends, its put by threads of the runtime (ResultsToStore), the copies by the call that receives
   * them, and each is guarded. A policy or a body that throws anything is caught in the frame that leads, which has
   * room on its stack (StackRoom).
   */
  private static final GuardedLog LOG = GuardedLog.of(CoreCoalescer.class);

  private final String name;
  private final AdmissionRuntime runtime;
  private final TimeSource time;
  private final Direct direct;
  private final ConcurrentHashMap<FlightKey<K>, Flight<K, V>> flights = new ConcurrentHashMap<>();
  private final EventChannel<CoalescerEvent> events;
  private final OnceLog warnings = new OnceLog(LOG);
  private final ResultsToStore<K, V> toStore;

  private final StripedCount led = new StripedCount();
  private final StripedCount joined = new StripedCount();
  private final LongAdder alone = new LongAdder();
  private final LongAdder stale = new LongAdder();
  private final LongAdder handedOver = new LongAdder();

  private volatile CoalescerConfig<K, V> config;
  private volatile long maxFlightNanos;

  /** {@link TimeSource#NEVER} before the first. */
  private volatile long lastStaleAt = TimeSource.NEVER;

  /**
   * Creates a coalescer.
   *
   * @param name its name
   * @param config its config
   * @param runtime the parts of its runtime
   */
  public CoreCoalescer(String name, CoalescerConfig<K, V> config, AdmissionRuntime runtime) {
    this.name = name;
    this.runtime = runtime;
    this.time = runtime.time();
    this.direct = new Direct(name, runtime.dispatcher());
    this.events = new EventChannel<>(name, runtime.dispatcher());
    this.toStore = new ResultsToStore<>(
        runtime.dispatcher(),
        new Supplier<@Nullable ResultCache<K, V>>() {
          @Override
          public @Nullable ResultCache<K, V> get() {
            return CoreCoalescer.this.config.cache();
          }
        },
        new Consumer<Throwable>() {
          @Override
          public void accept(Throwable failure) {
            warnings.warn(CoreCoalescer.this, "its cache failed; a result is not stored", failure);
          }
        });
    this.config = config;
    this.maxFlightNanos = Nanos.of(config.maxFlight());
  }

  /**
   * Sets the config of a coalescer that was looked up before it was declared.
   *
   * @param declared the config of the declaration, with the settings from outside the code
   */
  public void configure(CoalescerConfig<K, V> declared) {
    config = declared;
    maxFlightNanos = Nanos.of(declared.maxFlight());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public CoalescerConfig<K, V> config() {
    return config;
  }

  @Override
  public int flights() {
    return (int) Math.min(Integer.MAX_VALUE, flights.mappingCount());
  }

  @Override
  public CoalescerTotals totals() {
    return CoalescerTotals.builder()
        .led(led.sum())
        .joined(joined.sum())
        .alone(alone.sum())
        .stale(stale.sum())
        .handedOver(handedOver.sum())
        .build();
  }

  @Override
  public void read(Readings into) {
    CoalescerTotals totals = totals();
    into.count("calls", "led", totals.led());
    into.count("calls", "joined", totals.joined());
    into.count("calls", "alone", totals.alone());
    into.count("calls", "stale", totals.stale());
    into.count("calls", "handed_over", totals.handedOver());
    into.level("flights", flights());
  }

  /**
   * Returns whether a stored result has stood in for a failure lately.
   *
   * @param nanos how long ago it may be
   * @return whether one has
   */
  public boolean hasServedStaleWithin(long nanos) {
    long last = lastStaleAt;
    return last != TimeSource.NEVER && time.nanoTime() - last < nanos;
  }

  @Override
  public Subscription subscribe(Consumer<? super CoalescerEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  public <X extends Throwable> V call(K key, CheckedSupplier<? extends V, X> body) throws X {
    return rethrowing(key, null, body);
  }

  @Override
  public <X extends Throwable> V call(K key, Policy policy, CheckedSupplier<? extends V, X> body)
      throws X {
    return rethrowing(key, Objects.requireNonNull(policy, "policy"), body);
  }

  @SuppressWarnings("unchecked") // what the body throws is X; ours are unchecked
  private <X extends Throwable> V rethrowing(
      K key, @Nullable Policy policy, CheckedSupplier<? extends V, X> body) throws X {
    Objects.requireNonNull(body, "body");
    try {
      return enter(key, policy, body);
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  @Override
  public <X extends Throwable> V callInterruptibly(
      K key, InterruptibleSupplier<? extends V, X> body) throws X, InterruptedException {
    return interruptibly(key, null, body);
  }

  @Override
  public <X extends Throwable> V callInterruptibly(
      K key, Policy policy, InterruptibleSupplier<? extends V, X> body)
      throws X, InterruptedException {
    return interruptibly(key, Objects.requireNonNull(policy, "policy"), body);
  }

  @SuppressWarnings("unchecked") // as above
  private <X extends Throwable> V interruptibly(
      K key, @Nullable Policy policy, InterruptibleSupplier<? extends V, X> body)
      throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    try {
      return enter(key, policy, body::get);
    } catch (CallInterruptedException e) {
      Thread.interrupted();
      InterruptedException interrupted = new InterruptedException(e.getMessage());
      interrupted.initCause(e);
      throw interrupted;
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  private V enter(K key, @Nullable Policy policy, CheckedSupplier<? extends V, ?> body)
      throws Throwable {
    // A flight that this call leads must end.
    StackRoom.forCall();
    Frame frame = Frame.ofThread();
    ThreadCaller<K, V> own =
        new ThreadCaller<>(time, frame == null ? TimeSource.NEVER : frame.deadlineOn(time));
    board(key, own);
    return own.isLeading() ? lead(own, policy, body) : await(own, policy, body);
  }

  /**
   * Joins the flight of a key, or begins one.
   *
   * @return whether it leads a flight of its own; false if it has joined another one, which it may lead by now
   * @throws IllegalStateException if the calling thread is inside the body of that key
   */
  boolean board(K key, Caller<K, V> caller) {
    Objects.requireNonNull(key, "key must not be null");
    long now = time.nanoTime();
    Flight<K, V> own =
        new Flight<>(new FlightKey<>(key), caller, now, Nanos.after(now, maxFlightNanos));
    caller.board(own, Caller.State.LEADING);
    try {
      return board(own, caller, now);
    } catch (Throwable e) {
      // The heap is full, for instance, and the flight is in the map already.
      depart(caller, e);
      throw e;
    }
  }

  /** Returns whether the call leads its own flight. If not, it has joined another one. */
  private boolean board(Flight<K, V> own, Caller<K, V> caller, long now) {
    while (true) {
      boolean isFull = flights.mappingCount() >= config.maxFlights();
      Flight<K, V> present = isFull ? flights.get(own.key()) : flights.putIfAbsent(own.key(), own);
      if (present == null) {
        if (isFull) {
          alone.increment();
        } else {
          led.increment();
        }
        return true;
      }
      Flight.Boarding boarding = present.join(caller, now);
      if (boarding == Flight.Boarding.JOINED) {
        joined.increment();
        return false;
      }
      if (boarding == Flight.Boarding.ITSELF) {
        throw new IllegalStateException(
            "call for key '" + DeclaredSettings.textOf(own.key().key()) + "' waits for itself");
      }
      remove(present);
    }
  }

  @SuppressWarnings("unchecked") // every exception is a Throwable
  private V lead(
      ThreadCaller<K, V> own, @Nullable Policy policy, CheckedSupplier<? extends V, ?> body)
      throws Throwable {
    V value;
    try {
      value = policy == null
          ? body.get()
          : policy.<V, Throwable>call((CheckedSupplier<? extends V, Throwable>) body);
    } catch (Throwable e) {
      if (!failedOnThread(own, e)) {
        throw e;
      }
      return standIn(own.flight(), e);
    }
    succeeded(own, value);
    return value;
  }

  /** Returns whether a stored result stands in for the failure. */
  private boolean failedOnThread(ThreadCaller<K, V> own, Throwable thrown) {
    try {
      Throwable failure = Failures.unwrap(thrown);
      return failed(own, thrown, failure, CallEnd.ofThread(failure), own.deadline());
    } catch (Throwable e) {
      // The heap is full, for instance. The calls that joined must not wait forever.
      land(own, null, thrown, false);
      return false;
    }
  }

  private V await(
      ThreadCaller<K, V> own, @Nullable Policy policy, CheckedSupplier<? extends V, ?> body)
      throws Throwable {
    try {
      waitForTurn(own);
    } catch (Throwable e) {
      depart(own, e);
      throw e;
    }
    return own.isLeading() ? lead(own, policy, body) : result(own.flight());
  }

  /** Waits until the call leads or has an outcome. Throws if it does not, or should not, wait. */
  private void waitForTurn(ThreadCaller<K, V> own) {
    long since = time.nanoTime();
    if (!runtime.waiting().enter()) {
      throw closed();
    }
    try {
      while (own.isWaiting()) {
        RuntimeException end = endOfWait(own, since);
        if (end == null) {
          time.parkUntil(this, own.deadline());
        } else if (own.flight().leave(own)) {
          throw end;
        }
      }
    } finally {
      runtime.waiting().leave();
    }
    if (own.isLeading()) {
      RuntimeException end = ownEnd(own, since);
      if (end != null) {
        throw end;
      }
    }
  }

  private @Nullable RuntimeException endOfWait(ThreadCaller<K, V> own, long since) {
    RuntimeException end = ownEnd(own, since);
    return end == null && isClosed() ? closed() : end;
  }

  /** Returns what ends the call of a thread whatever becomes of its flight; null if nothing does. */
  private @Nullable RuntimeException ownEnd(ThreadCaller<K, V> own, long since) {
    if (isPassed(own.deadline())) {
      return exceeded(since);
    }
    return Thread.currentThread().isInterrupted() ? new CallInterruptedException(name) : null;
  }

  boolean isPassed(long deadline) {
    return deadline != TimeSource.NEVER && time.nanoTime() - deadline >= 0;
  }

  /** Returns the exception of a call whose deadline ended its wait. */
  TimeoutExceededException exceeded(long since) {
    Duration waited = Duration.ofNanos(Math.max(0, time.nanoTime() - since));
    return new TimeoutExceededException(name, waited, null);
  }

  ResilienceClosedException closed() {
    return new ResilienceClosedException(runtime.dispatcher().runtime());
  }

  boolean isClosed() {
    return runtime.waiting().isClosed();
  }

  /** Returns what a call receives of a flight that has landed. */
  V result(Flight<K, V> flight) throws Throwable {
    Throwable failure = flight.failure();
    if (failure != null) {
      throw failure;
    }
    return copyOf(flight.value());
  }

  /** Returns the stored result for the call that led. If no copy can be made, its own failure comes out. */
  V standIn(Flight<K, V> flight, Throwable failure) throws Throwable {
    try {
      return result(flight);
    } catch (Throwable e) {
      Failures.suppress(failure, e);
      throw failure;
    }
  }

  private V copyOf(V value) {
    UnaryOperator<V> copyFor = config.copyFor();
    return copyFor == null ? value : copyFor.apply(value);
  }

  /** Ends the flight of a call whose body has returned a value. */
  @SuppressWarnings("NullAway") // the value is null only if V admits it
  void succeeded(Caller<K, V> own, @Nullable V value) {
    Instant storedAt = timeToStore();
    if (land(own, value, null, false) && storedAt != null) {
      store(own.flight().key(), value, storedAt);
    }
  }

  /**
   * Returns the time of day of a result, which is read before the key is free: a later call of it has a later time, though it may
   * store first. Null if no result is stored.
   */
  private @Nullable Instant timeToStore() {
    if (config.cache() == null) {
      return null;
    }
    try {
      return time.wallTime();
    } catch (Throwable e) {
      warnings.warn(this, "its clock failed; a result is not stored", e);
      return null;
    }
  }

  /**
   * Ends the flight of a call whose body has failed, or passes the lead on.
   *
   * @param own the call
   * @param thrown what comes out of the call
   * @param failure the same without the wrappers of futures
   * @param end what ended the call
   * @param deadline the deadline around the call
   * @return whether a stored result stands in, which is then the result of the flight
   */
  boolean failed(
      Caller<K, V> own, Throwable thrown, Throwable failure, CallEnd end, long deadline) {
    if (end == CallEnd.CLOSED) {
      land(own, null, thrown, false);
      return false;
    }
    boolean isCancelled = end.isCancelledByBody(failure);
    if (!(end.isUnstopped() || isCancelled) || isOwnDeadline(failure, deadline)) {
      depart(own, thrown);
      return false;
    }
    // A predicate of the application has the last word about a cancellation; without one, the lead
    // is passed on.
    Stored<V> stored =
        isCancelled && config.staleIf() == null ? null : storedFor(own.flight().key(), failure);
    if (stored != null && land(own, stored.value(), null, true)) {
      served(own.flight().key().key(), stored, failure);
      return true;
    }
    if (config.shareFailures() && !isCancelled) {
      land(own, null, thrown, false);
    } else {
      depart(own, thrown);
    }
    return false;
  }

  /** Returns whether it is the deadline of the call that ended it, and not its body. */
  private boolean isOwnDeadline(Throwable failure, long deadline) {
    if (deadline == TimeSource.NEVER || failure instanceof Error) {
      return false;
    }
    long now = time.nanoTime();
    return now - deadline >= 0
        || (Failures.rejectionIn(failure) instanceof RateLimitExceededException exceeded
            && isTooLate(exceeded, now, deadline));
  }

  /**
   * Returns whether a rate limiter would have admitted a call after its deadline only, so it rejected it before. The deadline that it
   * went by may be an earlier one, of a timeout inside. The other policies reject a call for its deadline once that has passed.
   */
  private static boolean isTooLate(RateLimitExceededException exceeded, long now, long deadline) {
    return exceeded.reason() == RateLimitExceededException.Reason.DEADLINE
        && Nanos.after(now, Nanos.of(exceeded.retryAfter())) - deadline >= 0;
  }

  /**
   * Ends the flight that a call leads.
   *
   * @return whether the call led
   */
  boolean land(Caller<K, V> own, @Nullable V value, @Nullable Throwable failure, boolean isStale) {
    Flight<K, V> flight = own.flight();
    if (!flight.land(own, value, failure)) {
      return false;
    }
    remove(flight);
    int count = 0;
    Caller<K, V> next = flight.joined();
    while (next != null) {
      Caller<K, V> caller = next;
      next = caller.newer;
      caller.newer = null;
      caller.older = null;
      caller.become(Caller.State.ENDED);
      wake(caller);
      count++;
    }
    if (isStale) {
      stale.add(count);
    }
    return true;
  }

  /**
   * Takes a call out of its flight. If it leads, the first that joined leads from now on; if none did, the key is free.
   *
   * @param own the call; nothing happens if it has an outcome or has left
   * @param cause the reason
   */
  void depart(Caller<K, V> own, Throwable cause) {
    Flight<K, V> flight = own.flight();
    if (flight.leave(own)) {
      return;
    }
    Caller<K, V> next = flight.handOver(own);
    if (next != null) {
      handedOver.increment();
      wake(next);
      publish(
          CoalescerEvent.Kind.HANDED_OVER,
          flight.key().key(),
          Math.max(0, time.nanoTime() - flight.startedAt()),
          cause);
    } else if (flight.isOver()) {
      remove(flight);
    }
  }

  private void remove(Flight<K, V> flight) {
    try {
      flights.remove(flight.key(), flight);
    } catch (Throwable e) {
      // That of a key with the same hash code.
      warnings.warn(this, "equals of a key failed; the call has ended all the same", e);
      flights.remove(flight.key().itself(), flight);
    }
  }

  private void wake(Caller<K, V> caller) {
    try {
      caller.wake();
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "a call of a coalescer could not be woken; it continues at the end of its wait",
          e);
    }
  }

  private void store(FlightKey<K> key, V value, Instant storedAt) {
    if (config.cache() == null) {
      return;
    }
    try {
      if (!toStore.store(key, Stored.of(copyOf(value), storedAt))) {
        warnings.warn(
            this, "its cache is 1,000 keys behind; results of further keys are not stored", null);
      }
    } catch (Throwable e) {
      warnings.warn(this, "the copy or the key of a result failed; the result is not stored", e);
    }
  }

  /** Returns the stored result that stands in for a failure; null if there is none. */
  private @Nullable Stored<V> storedFor(FlightKey<K> key, Throwable failure) {
    CoalescerConfig<K, V> settings = config;
    ResultCache<K, V> cache = settings.cache();
    Duration maxStale = settings.maxStale();
    if (cache == null || maxStale == null || !isStaleIf(settings.staleIf(), failure)) {
      return null;
    }
    try {
      // First what waits: it is removed there after the cache has it.
      Stored<V> waiting = toStore.find(key);
      Stored<V> stored = waiting != null ? waiting : cache.get(key.key());
      // A clock that was set back, or another machine's that is ahead, makes the age negative.
      return stored != null && age(stored).abs().compareTo(maxStale) <= 0 ? stored : null;
    } catch (Throwable e) {
      warnings.warn(this, "its cache failed; the failure of the call comes out", e);
      return null;
    }
  }

  private boolean isStaleIf(@Nullable Predicate<? super Throwable> staleIf, Throwable failure) {
    try {
      return staleIf == null || staleIf.test(failure);
    } catch (Throwable e) {
      warnings.warn(this, "staleIf failed; the failure of the call comes out", e);
      return false;
    }
  }

  private Duration age(Stored<V> stored) {
    return Duration.between(stored.storedAt(), time.wallTime());
  }

  /** Counts the call that led a flight whose result is a stored one. */
  private void served(K key, Stored<V> stored, Throwable failure) {
    stale.increment();
    lastStaleAt = time.nanoTime();
    publish(CoalescerEvent.Kind.STALE, key, Math.max(0, Nanos.of(age(stored))), failure);
  }

  private void publish(CoalescerEvent.Kind kind, K key, long ageNanos, Throwable failure) {
    try {
      FlightRecording.coalescing(runtime.dispatcher().runtime(), name, kind, ageNanos);
      if (events.isHeard()) {
        Duration age = Duration.ofNanos(ageNanos);
        events.publish(CoalescerEvent.of(name, kind, key, age, seenFromOutside(failure, age)));
      }
    } catch (Throwable e) {
      LOG.failed(
          System.Logger.Level.ERROR,
          this,
          "an event could not be published; its listeners miss it",
          e);
    }
  }

  /** Returns what stands for the cancellation by a policy around a future, which stays inside the policies. */
  private Throwable seenFromOutside(Throwable failure, Duration age) {
    if (failure instanceof DeadlineCancellation) {
      return new TimeoutExceededException(name, age, null);
    }
    return failure instanceof InnerCancellation
        ? new CancellationException(failure.getMessage())
        : failure;
  }

  @Override
  public CompletableFuture<V> callAsync(K key, Supplier<? extends CompletionStage<V>> body) {
    return callAsync(key, direct, body);
  }

  @Override
  public CompletableFuture<V> callAsync(
      K key, Policy policy, Supplier<? extends CompletionStage<V>> body) {
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(body, "body");
    return enterAsync(key, future -> policy.callAsync(() -> future.inside(body::get)));
  }

  @Override
  public CompletableFuture<V> submit(
      K key, CheckedSupplier<? extends V, ?> body, Executor executor) {
    return submit(key, direct, body, executor);
  }

  @Override
  public CompletableFuture<V> submit(
      K key, Policy policy, CheckedSupplier<? extends V, ?> body, Executor executor) {
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(executor, "executor");
    return enterAsync(key, future -> policy.<V>submit(() -> future.inside(body), executor));
  }

  private CompletableFuture<V> enterAsync(
      K key, Function<CoalescedFuture<K, V>, ? extends @Nullable CompletableFuture<V>> start) {
    Objects.requireNonNull(key, "key must not be null");
    try {
      StackRoom.forCall();
      CoalescedFuture<K, V> future = new CoalescedFuture<>(this, CapturedContext.ofThread(), start);
      future.begin(key);
      return future;
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Returns the deadline around an asynchronous call. */
  long deadline(CapturedContext context) {
    return context.deadlineOn(time);
  }

  /** Returns the deadline at which a future around an asynchronous call ends. */
  long endedAt(CapturedContext context) {
    return context.endedAtOn(time);
  }

  long nanoTime() {
    return time.nanoTime();
  }

  Timer timer() {
    return runtime.timer();
  }

  Dispatcher dispatcher() {
    return runtime.dispatcher();
  }

  @Override
  public String toString() {
    return "coalescer '" + name + "'";
  }
}
