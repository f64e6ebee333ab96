package io.aragora.resilience.http.internal;

import io.aragora.resilience.policy.DeclaredSettings;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a client that are in no config of its policies. The predicates that a client adds to its configs contain them, so that
 * two clients of one name with other rules are an error, and with equal rules have equal declarations. Immutable and thread-safe.
 *
 * @param recordClientErrors whether statuses from 400 to 499 count against the origin
 * @param idempotentIf the predicate of the application, or the default one; only compared
 * @param judgement returns whether a response that the client judged is transient; null for any other failure
 */
public record ClientRules(
    boolean recordClientErrors,
    Object idempotentIf,
    Function<? super Throwable, @Nullable Boolean> judgement) {

  /**
   * Returns whether a status is that of a client error that counts.
   *
   * @param status the status of a response
   * @return whether it counts
   */
  public boolean isRecordedClientError(int status) {
    return recordClientErrors && status >= 400 && status < 500;
  }

  /**
   * Returns a predicate for transient failures. The client has judged its own responses; all others match by another predicate.
   *
   * @param others judges all other failures
   * @return a predicate
   */
  public Predicate<Throwable> transientAnswers(Predicate<? super Throwable> others) {
    return new TransientAnswers(this, others);
  }

  /**
   * Returns a predicate for failures that the server did not cause: mistakes of the caller.
   *
   * @param servers matches failures of the server
   * @param given matches failures that do not count although the server caused them
   * @return a predicate
   */
  public Predicate<Throwable> notTheServers(
      Predicate<? super Throwable> servers, Predicate<? super Throwable> given) {
    return new NotTheServers(this, servers, given);
  }

  @Override
  public String toString() {
    return "recordClientErrors=" + recordClientErrors + " and idempotentIf="
        + DeclaredSettings.textOf(idempotentIf);
  }

  private record TransientAnswers(ClientRules rules, Predicate<? super Throwable> others)
      implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      Boolean judged = rules.judgement.apply(failure);
      return judged != null ? judged : others.test(failure);
    }

    @Override
    public String toString() {
      return "transient answers of a client with " + rules + ", else "
          + DeclaredSettings.textOf(others);
    }
  }

  private record NotTheServers(
      ClientRules rules, Predicate<? super Throwable> servers, Predicate<? super Throwable> given)
      implements Predicate<Throwable> {
    @Override
    public boolean test(Throwable failure) {
      boolean isTheServers = rules.judgement.apply(failure) != null || servers.test(failure);
      return !isTheServers || given.test(failure);
    }

    @Override
    public String toString() {
      return "what the server did not cause, of a client with " + rules + ", and "
          + DeclaredSettings.textOf(given);
    }
  }
}
