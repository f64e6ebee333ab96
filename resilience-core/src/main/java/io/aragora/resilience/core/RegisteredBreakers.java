package io.aragora.resilience.core;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.circuitbreaker.CoreCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.CoreKeyedCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.persistence.LiveBreakers;
import io.aragora.resilience.core.ratelimiter.CoreRateLimiter;
import io.aragora.resilience.core.ratelimiter.StoredLimiter;
import io.aragora.resilience.core.registry.PolicyRegistry;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The breakers and limiters in the registries of a runtime. */
record RegisteredBreakers(
    PolicyRegistry<CoreCircuitBreaker, CircuitBreakerConfig> named,
    PolicyRegistry<CoreKeyedCircuitBreaker, KeyedCircuitBreakerConfig> keyed,
    PolicyRegistry<CoreRateLimiter, RateLimiterConfig> limiters)
    implements LiveBreakers {
  @Override
  public void each(Consumer<? super StoredBreaker> action) {
    named.all().forEach(action);
  }

  @Override
  public void eachKey(Consumer<? super StoredBreaker> action) {
    keyed.all().forEach(family -> family.each(action));
  }

  @Override
  public void eachLimiter(Consumer<? super StoredLimiter> action) {
    for (CoreRateLimiter limiter : limiters.all()) {
      StoredLimiter kept = limiter.kept();
      if (kept != null) {
        action.accept(kept);
      }
    }
  }

  @Override
  public @Nullable StoredBreaker find(SavedBreaker.Id id) {
    String key = id.key();
    if (key == null) {
      return named.known(id.name());
    }
    CoreKeyedCircuitBreaker family = keyed.known(id.name());
    return family == null ? null : family.known(key);
  }
}
