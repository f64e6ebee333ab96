package io.aragora.resilience.spring.cloud;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.circuitbreaker.ConfigBuilder;

/**
 * The policies behind one circuit breaker of Spring Cloud: a retry if there is one, then the breaker, then a timeout if there is one.
 * Immutable and thread-safe.
 */
public final class ResilienceConfig {
  private final @Nullable CircuitBreakerConfig breaker;
  private final @Nullable RetryConfig retry;
  private final @Nullable Duration timeout;

  private ResilienceConfig(Builder builder) {
    this.breaker = builder.breaker;
    this.retry = builder.retry;
    this.timeout = builder.timeout;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** Declares the pipeline of a name. One that is described outside the code under this name replaces it. */
  Pipeline pipeline(Resilience resilience, String id) {
    return resilience.pipeline(id, pipeline -> {
      if (retry != null) {
        pipeline.add(resilience.retry(id, retry));
      }
      pipeline.add(
          breaker == null ? resilience.circuitBreaker(id) : resilience.circuitBreaker(id, breaker));
      if (timeout != null) {
        pipeline.add(resilience.timeout(id, timeout));
      }
    });
  }

  /** Builds a {@link ResilienceConfig}. Not thread-safe. */
  public static final class Builder implements ConfigBuilder<ResilienceConfig> {
    private @Nullable CircuitBreakerConfig breaker;
    private @Nullable RetryConfig retry;
    private @Nullable Duration timeout;

    private Builder() {}

    /**
     * Sets the config of the breaker. Default: the settings of its name, else the defaults.
     *
     * @param config the config
     * @return this builder
     */
    public Builder circuitBreaker(CircuitBreakerConfig config) {
      this.breaker = config;
      return this;
    }

    /**
     * Adds a retry around the breaker. Default: none.
     *
     * @param config the config
     * @return this builder
     */
    public Builder retry(RetryConfig config) {
      this.retry = config;
      return this;
    }

    /**
     * Adds a timeout inside the breaker. Default: none.
     *
     * @param limit positive, at most 106,751 days; checked when the breaker is created
     * @return this builder
     */
    public Builder timeout(Duration limit) {
      this.timeout = limit;
      return this;
    }

    @Override
    public ResilienceConfig build() {
      return new ResilienceConfig(this);
    }
  }
}
