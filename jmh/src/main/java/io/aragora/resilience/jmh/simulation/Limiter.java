package io.aragora.resilience.jmh.simulation;

/** What admits the calls of a simulation. The simulation tells the time. */
interface Limiter extends AutoCloseable {
  /** What {@link #admit} returns if the call is rejected. */
  Call REJECTED = dropped -> {};

  /** An admitted call. */
  interface Call {
    /**
     * Ends the call, at the time of the last {@link Limiter#advanceTo}.
     *
     * @param dropped whether the caller gave up
     */
    void end(boolean dropped);
  }

  /** Sets the time, which is never before the last one. */
  void advanceTo(long nowNanos);

  /** Returns the admitted call, or {@link #REJECTED}. */
  Call admit();

  /** {@return the present limit, or NaN if there is none} */
  double limit();

  /** {@return the latency that the limiter takes for that without load, in nanoseconds, or NaN if it has none} */
  default double baseNanos() {
    return Double.NaN;
  }

  /** {@return whether the limit is lowered for a measurement} */
  default boolean looks() {
    return false;
  }

  @Override
  default void close() {}

  /** {@return a limiter that admits all calls} */
  static Limiter none() {
    return new Limiter() {
      private static final Call ADMITTED = dropped -> {};

      @Override
      public void advanceTo(long nowNanos) {}

      @Override
      public Call admit() {
        return ADMITTED;
      }

      @Override
      public double limit() {
        return Double.NaN;
      }
    };
  }
}
