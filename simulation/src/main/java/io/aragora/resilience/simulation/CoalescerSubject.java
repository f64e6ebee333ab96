package io.aragora.resilience.simulation;

import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.coalescing.CoalescerTotals;
import io.aragora.resilience.policy.InterruptibleSupplier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A coalescer: calls of one key share one outcome, and no flight is left. */
final class CoalescerSubject extends Subject {
  private final Coalescer<String, Object> coalescer;
  private final Set<Object> outcomes = Collections.newSetFromMap(new IdentityHashMap<>());

  private CoalescerSubject(World world, String name, Coalescer<String, Object> coalescer) {
    super(world, name, "coalescer");
    this.coalescer = coalescer;
  }

  static Subject create(World world, String name, Chance chance) {
    CoalescerConfig.Builder<String, Object> config = CoalescerConfig.builder();
    config.maxFlights(100).shareFailures(chance.percent(50));
    Coalescer<String, Object> coalescer = world.resilience().coalescer(name, config.build());
    coalescer.subscribe(world.foreign()::listen);
    return new CoalescerSubject(world, name, coalescer);
  }

  private static String key(Call call) {
    return "key-" + call.id() % 3;
  }

  @Override
  Object invoke(Call call, boolean interruptibly, InterruptibleSupplier<Object, Throwable> body)
      throws Throwable {
    return interruptibly
        ? coalescer.<Throwable>callInterruptibly(key(call), body)
        : coalescer.<Throwable>call(key(call), body::get);
  }

  @Override
  CompletableFuture<Object> invokeAsync(Call call, Supplier<CompletionStage<Object>> body) {
    return coalescer.callAsync(key(call), body);
  }

  @Override
  void left(Passage passage) {
    outcomes.add(
        passage.failure != null ? passage.failure : BulkheadSubject.notNull(passage.value));
  }

  /** It may be that of another call. */
  @Override
  boolean isShared(@Nullable Object value, @Nullable Throwable failure) {
    return failure != null ? outcomes.contains(failure) : value != null && outcomes.contains(value);
  }

  @Override
  Object read() {
    return coalescer.totals() + " " + coalescer.flights();
  }

  @Override
  long atEnd(long calls) {
    CoalescerTotals totals = coalescer.totals();
    checkEqual(0, coalescer.flights(), "no flight is left", totals);
    checkEqual(
        calls,
        totals.led() + totals.joined() + totals.alone(),
        "each call is counted once",
        totals);
    return UNKNOWN;
  }
}
