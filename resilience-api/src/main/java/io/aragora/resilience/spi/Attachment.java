package io.aragora.resilience.spi;

import io.aragora.resilience.policy.Subscription;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link io.aragora.resilience.ResilienceExtension} has opened for a runtime, step by step, so that an extension that
 * cannot start leaves nothing open.
 *
 * <pre>{@code
 * public AutoCloseable attach(ResilienceContext context) {
 *   return Attachment.open(opened -> {
 *     Meters meters = new Meters(context.resilience());
 *     opened.add(meters::close);
 *     opened.add(context.recordDurations(meters.durations())); // if it throws, the meters are closed
 *   });
 * }
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Attachment implements Subscription {
  private final Deque<Subscription> opened = new ArrayDeque<>();

  private Attachment() {}

  /**
   * The steps of an extension.
   *
   * @param <E> what a step may throw
   */
  @FunctionalInterface
  public interface Steps<E extends Exception> {
    /**
     * Performs all steps, and adds what each has opened.
     *
     * @param opened where to add it
     * @throws E if a step fails
     */
    void open(Attachment opened) throws E;
  }

  /**
   * Performs steps. If one throws, what the earlier ones have opened is closed, the latest first.
   *
   * @param <E> what a step may throw
   * @param steps the steps
   * @return closes what was opened, the latest first
   * @throws E if a step fails; failures to close are suppressed in it
   */
  public static <E extends Exception> Attachment open(Steps<E> steps) throws E {
    Attachment attachment = new Attachment();
    try {
      steps.open(attachment);
      return attachment;
    } catch (Throwable e) {
      Throwable failed = attachment.closeAll();
      if (failed != null) {
        e.addSuppressed(failed);
      }
      throw e;
    }
  }

  /**
   * Adds what a step has opened, or is about to open, if closing is right also when half of it is open.
   *
   * @param closing closed once, before what was added earlier
   */
  public synchronized void add(Subscription closing) {
    opened.push(Objects.requireNonNull(closing, "closing"));
  }

  /**
   * Closes what was opened, the latest first. A failure does not affect the others: the first is thrown, with the others as suppressed
   * exceptions. Closing again does nothing.
   */
  @Override
  public void close() {
    Throwable failed = closeAll();
    if (failed != null) {
      Attachment.<RuntimeException>rethrow(failed);
    }
  }

  /** Throws what a step threw, which may be a checked exception that the compiler did not see. */
  @SuppressWarnings("unchecked")
  private static <E extends Throwable> void rethrow(Throwable failed) throws E {
    throw (E) failed;
  }

  private @Nullable Throwable closeAll() {
    Throwable first = null;
    Subscription next;
    while ((next = latest()) != null) {
      try {
        next.close();
      } catch (Throwable e) {
        if (first == null) {
          first = e;
        } else if (first != e) {
          first.addSuppressed(e);
        }
      }
    }
    return first;
  }

  private synchronized @Nullable Subscription latest() {
    return opened.poll();
  }
}
