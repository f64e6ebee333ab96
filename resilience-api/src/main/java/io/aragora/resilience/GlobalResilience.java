package io.aragora.resilience;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The runtime of the process, which {@link Resilience#global()} returns. Thread-safe. */
/*
 * Building a runtime runs code of the application: extensions, stores, log handlers. So no lock is held meanwhile. The first thread
 * builds, and others wait for what it builds. If it fails, each of them tries itself.
 */
public final class GlobalResilience {
  private static final AtomicReference<@Nullable Global> PRESENT = new AtomicReference<>();

  private GlobalResilience() {}

  static Resilience get() {
    while (true) {
      Global present = PRESENT.get();
      if (present == null) {
        Global own = new Global(Thread.currentThread());
        if (PRESENT.compareAndSet(null, own)) {
          return build(own);
        }
      } else if (present.isBuiltByThisThread()) {
        throw new ResilienceConfigurationException(
            "Resilience.global() was called by code that runs while the global runtime is built, such as an extension or a log"
                + " handler: use the runtime that ResilienceExtension.attach receives");
      } else {
        Resilience built = present.await();
        if (built != null) {
          return built;
        }
      }
    }
  }

  private static Resilience build(Global own) {
    Resilience built = null;
    try {
      built = Resilience.builder().name("global").build();
      return built;
    } finally {
      if (built == null) {
        PRESENT.set(null);
      }
      own.ended(built);
    }
  }

  /**
   * Sets the runtime of the process, before its first use.
   *
   * @param resilience the runtime; {@link #close()} closes it
   * @throws ResilienceConfigurationException if the process already has one, or it is being built
   */
  public static void set(Resilience resilience) {
    Global given = new Global(null);
    given.ended(Objects.requireNonNull(resilience, "resilience"));
    if (!PRESENT.compareAndSet(null, given)) {
      throw new ResilienceConfigurationException(
          "the process already has a global runtime: call GlobalResilience.set before its first use, or GlobalResilience.close"
              + " before that");
    }
  }

  /**
   * Closes the runtime of the process, if there is one. If another thread builds it, this waits for it. The next {@link
   * Resilience#global()} creates another.
   */
  public static void close() {
    Global present = PRESENT.get();
    if (present == null || present.isBuiltByThisThread()) {
      return;
    }
    Resilience built = present.await();
    if (built != null && PRESENT.compareAndSet(present, null)) {
      built.close();
    }
  }

  /** A global runtime, or the building of it. */
  private static final class Global {
    private final CompletableFuture<@Nullable Resilience> built = new CompletableFuture<>();
    private volatile @Nullable Thread builder;

    Global(@Nullable Thread builder) {
      this.builder = builder;
    }

    boolean isBuiltByThisThread() {
      return builder == Thread.currentThread();
    }

    void ended(@Nullable Resilience runtime) {
      builder = null;
      built.complete(runtime);
    }

    /** Waits for the runtime; null if it could not be built. */
    @Nullable
    Resilience await() {
      return built.join();
    }
  }
}
