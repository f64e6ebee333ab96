package io.aragora.resilience.spi;

/**
 * Receives the numbers of policies: what {@link io.aragora.resilience.Policies#read} writes. One implementation shows
 * policies of every kind, those of later releases included. Called by one thread, which reads; need not be thread-safe.
 *
 * <p>Names of kinds, numbers and outcomes are in lower case with underscores, and are constants: they may be compared by
 * identity first. If there are several numbers of one name, each has its own part after a dot, such as {@code
 * calls.critical}. An implementation leaves out numbers whose names it does not know.
 */
public interface Readings {
  /** The value of {@code outcome} for a number that has none. */
  String NONE = "";

  /**
   * Returns whether the policies of a kind are to be read. By default, those of every kind are.
   *
   * @param kind the kind: {@code circuitbreaker}, {@code keyedcircuitbreaker}, {@code retry}, {@code retrybudget}, {@code timeout},
   * {@code bulkhead}, {@code concurrencylimit}, {@code ratelimiter}, {@code keyedratelimiter}, {@code hedge},
   * {@code chaos}, {@code coalescer}, {@code fallback}, or one of a later release
   * @return false to leave them out
   */
  default boolean wants(String kind) {
    return true;
  }

  /**
   * Begins a policy. The numbers that follow are its numbers, until the next one begins.
   *
   * @param kind the kind of the policy, which {@link #wants} received
   * @param name the name of the policy; of the pipeline for a fallback
   */
  void policy(String kind, String name);

  /**
   * Receives a number that only grows, but for what concurrent calls make of a sum.
   *
   * @param what what is counted: {@code calls}, for instance
   * @param outcome how it ended, {@code success}, for instance; {@link #NONE} if all are counted together
   * @param value the number since the policy was created
   */
  void count(String what, String outcome, long value);

  /**
   * Receives a number that goes up and down.
   *
   * @param what what it is: {@code waiting}, for instance
   * @param value the number now; NaN if there is none
   */
  void level(String what, double value);
}
