package io.aragora.resilience.core;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A future of the application, one method of which throws. It has each method that a policy might call, asynchronous twins left out. */
final class HostileStage<T> extends CompletableFuture<T> {
  /** The names of the methods. */
  static final List<String> METHODS = List.of(
      "isDone",
      "isCancelled",
      "isCompletedExceptionally",
      "join",
      "getNow",
      "complete",
      "completeExceptionally",
      "cancel",
      "getNumberOfDependents",
      "toCompletableFuture",
      "copy",
      "minimalCompletionStage",
      "orTimeout",
      "newIncompleteFuture",
      "handle",
      "handleAsync",
      "whenComplete",
      "whenCompleteAsync",
      "thenApply",
      "thenCompose",
      "thenAccept",
      "thenRun",
      "exceptionally",
      "exceptionallyCompose");

  private final String hostile;
  private final Throwable thrown;

  /** How often the method was called. */
  final AtomicInteger calls = new AtomicInteger();

  HostileStage(String hostile, Throwable thrown) {
    this.hostile = hostile;
    this.thrown = thrown;
  }

  private void step(String method) {
    // The constructor of a superclass may call a method.
    if (method.equals(hostile)) {
      calls.incrementAndGet();
      throw HostileStage.<RuntimeException>sneaky(thrown);
    }
  }

  /** Ends it, whatever its methods do. */
  void end(T value, @Nullable Throwable failure) {
    if (failure == null) {
      super.complete(value);
    } else {
      super.completeExceptionally(failure);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X sneaky(Throwable e) throws X {
    throw (X) e;
  }

  @Override
  public boolean isDone() {
    step("isDone");
    return super.isDone();
  }

  @Override
  public boolean isCancelled() {
    step("isCancelled");
    return super.isCancelled();
  }

  @Override
  public boolean isCompletedExceptionally() {
    step("isCompletedExceptionally");
    return super.isCompletedExceptionally();
  }

  @Override
  public T join() {
    step("join");
    return super.join();
  }

  @Override
  public T getNow(T absent) {
    step("getNow");
    return super.getNow(absent);
  }

  @Override
  public boolean complete(T value) {
    step("complete");
    return super.complete(value);
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    step("completeExceptionally");
    return super.completeExceptionally(failure);
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    step("cancel");
    return super.cancel(mayInterrupt);
  }

  @Override
  public int getNumberOfDependents() {
    step("getNumberOfDependents");
    return super.getNumberOfDependents();
  }

  @Override
  public CompletableFuture<T> toCompletableFuture() {
    step("toCompletableFuture");
    return super.toCompletableFuture();
  }

  @Override
  public CompletableFuture<T> copy() {
    step("copy");
    return super.copy();
  }

  @Override
  public CompletionStage<T> minimalCompletionStage() {
    step("minimalCompletionStage");
    return super.minimalCompletionStage();
  }

  @Override
  public CompletableFuture<T> orTimeout(long time, TimeUnit unit) {
    step("orTimeout");
    return super.orTimeout(time, unit);
  }

  @Override
  public <U> CompletableFuture<U> newIncompleteFuture() {
    step("newIncompleteFuture");
    return super.newIncompleteFuture();
  }

  @Override
  public <U> CompletableFuture<U> handle(BiFunction<? super T, Throwable, ? extends U> end) {
    step("handle");
    return super.handle(end);
  }

  @Override
  public <U> CompletableFuture<U> handleAsync(BiFunction<? super T, Throwable, ? extends U> end) {
    step("handleAsync");
    return super.handleAsync(end);
  }

  @Override
  public CompletableFuture<T> whenComplete(BiConsumer<? super T, ? super Throwable> end) {
    step("whenComplete");
    return super.whenComplete(end);
  }

  @Override
  public CompletableFuture<T> whenCompleteAsync(BiConsumer<? super T, ? super Throwable> end) {
    step("whenCompleteAsync");
    return super.whenCompleteAsync(end);
  }

  @Override
  public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> next) {
    step("thenApply");
    return super.thenApply(next);
  }

  @Override
  public <U> CompletableFuture<U> thenCompose(
      Function<? super T, ? extends CompletionStage<U>> next) {
    step("thenCompose");
    return super.thenCompose(next);
  }

  @Override
  public CompletableFuture<Void> thenAccept(Consumer<? super T> next) {
    step("thenAccept");
    return super.thenAccept(next);
  }

  @Override
  public CompletableFuture<Void> thenRun(Runnable next) {
    step("thenRun");
    return super.thenRun(next);
  }

  @Override
  public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> next) {
    step("exceptionally");
    return super.exceptionally(next);
  }

  @Override
  public CompletableFuture<T> exceptionallyCompose(
      Function<Throwable, ? extends CompletionStage<T>> next) {
    step("exceptionallyCompose");
    return super.exceptionallyCompose(next);
  }
}
