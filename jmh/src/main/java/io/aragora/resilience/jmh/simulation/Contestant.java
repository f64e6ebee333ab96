package io.aragora.resilience.jmh.simulation;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import java.util.function.LongFunction;

/** The limiters that the page compares. Each begins with the same limit and has the same bounds. */
enum Contestant {
  OURS("ours", seed -> new OurLimiter(config(), seed)),
  GRADIENT2(
      "Gradient2",
      seed -> NetflixLimiter.gradient2(Contestant.INITIAL, Contestant.LEAST, Contestant.MOST)),
  VEGAS("Vegas", seed -> NetflixLimiter.vegas(Contestant.INITIAL, Contestant.MOST)),
  AIMD("AIMD", seed -> NetflixLimiter.aimd(Contestant.INITIAL, Contestant.LEAST, Contestant.MOST)),
  NONE("no limit", seed -> Limiter.none());

  private static final int INITIAL = 20;
  private static final int LEAST = 4;
  private static final int MOST = 500;

  private final String title;
  private final LongFunction<Limiter> limiter;

  Contestant(String title, LongFunction<Limiter> limiter) {
    this.title = title;
    this.limiter = limiter;
  }

  static ConcurrencyLimitConfig config() {
    return ConcurrencyLimitConfig.builder()
        .initial(INITIAL)
        .least(LEAST)
        .most(MOST)
        .build();
  }

  String title() {
    return title;
  }

  /** {@return a new limiter; a seed decides what it draws, if it can be seeded} */
  Limiter limiter(long seed) {
    return limiter.apply(seed);
  }
}
