package io.aragora.resilience.spring;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.retry.Jitter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The settings as editors complete them: the annotation processor of Spring Boot makes the metadata of these records.
 * Nothing is bound to them, because the runtime reads and checks the texts itself. A test compares them with its tables.
 */
@SuppressWarnings("UnusedVariable") // no code creates one
final class ResilienceProperties {
  private ResilienceProperties() {}

  /**
   * Settings of the runtime, and those of policies by their names.
   *
   * @param name Name of the runtime in metrics, threads and errors. Default: the name of the application.
   * @param maxPolicies Policies of each kind at most. Default: 1000.
   * @param staleAfter Time without a call after which a policy may be evicted from a full runtime. Default: 24 h.
   * @param stateStore Location of the state store, such as sqlite:state.db. Default: in memory.
   * @param requireStateStore Whether the application fails to start without its state store. Default: false.
   * @param saveInterval How often counts are saved. Default: 30 s.
   * @param stateRetention How long the store keeps the state of a breaker that no process saves. Default: 72 h.
   * @param quotaStore Location of the quota store, such as redis://host. Default: that of the state store.
   * @param logTransitions Level of the log lines about transitions of breakers; off for none.
   * @param configFile File with settings of policies, which are weaker than these.
   * @param properties Settings of plug-ins by their names.
   * @param circuitBreaker Circuit breakers by name.
   * @param retry Retries by name.
   * @param timeout Timeouts by name.
   * @param bulkhead Bulkheads by name.
   * @param concurrencyLimit Concurrency limits by name.
   * @param rateLimiter Rate limiters by name.
   * @param hedge Hedges by name.
   * @param chaos Chaos policies by name.
   * @param coalescer Coalescers by name.
   * @param pipeline Pipelines by name.
   */
  @ConfigurationProperties("resilience")
  record All(
      String name,
      Integer maxPolicies,
      Duration staleAfter,
      String stateStore,
      Boolean requireStateStore,
      Duration saveInterval,
      Duration stateRetention,
      String quotaStore,
      System.Logger.Level logTransitions,
      Path configFile,
      Map<String, String> properties,
      Map<String, CircuitBreaker> circuitBreaker,
      Map<String, Retry> retry,
      Map<String, Timeout> timeout,
      Map<String, Bulkhead> bulkhead,
      Map<String, ConcurrencyLimit> concurrencyLimit,
      Map<String, RateLimiter> rateLimiter,
      Map<String, Hedge> hedge,
      Map<String, Chaos> chaos,
      Map<String, Coalescer> coalescer,
      Map<String, Pipeline> pipeline) {}

  /**
   * Settings of the endpoint of resilience-health.
   *
   * @param host Address that it listens on. Default: loopback.
   * @param port Port that it listens on; without one there is no endpoint.
   * @param details Whether answers have details. Default: false.
   * @param hosts Names of hosts that requests may have.
   * @param operatorToken Token of operators, who may change breakers.
   * @param expose Parts that other hosts may see.
   */
  @ConfigurationProperties("resilience.endpoint")
  record Endpoint(
      String host,
      Integer port,
      Boolean details,
      List<String> hosts,
      String operatorToken,
      List<String> expose) {}

  /**
   * Settings of resilience-metrics.
   *
   * @param prometheus Registry that receives the metrics: default, or none set.
   * @param durations Whether durations are measured. Default: false.
   */
  @ConfigurationProperties("resilience.metrics")
  record Metrics(String prometheus, Boolean durations) {}

  /**
   * Settings of resilience-micrometer.
   *
   * @param registry Registry that receives the meters without a bean: global, or none set.
   * @param timers Whether durations are recorded. Default: false.
   */
  @ConfigurationProperties("resilience.micrometer")
  record Micrometer(String registry, Boolean timers) {}

  /**
   * Settings of resilience-opentelemetry.
   *
   * @param metrics Instance that receives the metrics: global, or none set.
   * @param durations Whether durations are recorded. Default: false.
   */
  @ConfigurationProperties("resilience.opentelemetry")
  record OpenTelemetry(String metrics, Boolean durations) {}

  /**
   * Settings of a circuit breaker, or of all circuit breakers.
   *
   * @param failureThreshold Consecutive failures that open the breaker, or off. Default: 5.
   * @param failureCountThreshold Failures in the window that open the breaker, or off. Default: off.
   * @param failureRateThreshold Percentage of failures in the window that opens the breaker, or off. Default: off.
   * @param slowCallRateThreshold Percentage of slow calls in the window that opens the breaker, or off. Default: off.
   * @param slowCallDuration Duration from which a call is slow. Default: 60 s.
   * @param throttle Factor of the throttle, or off. Default: off.
   * @param minimumNumberOfCalls Calls in the window before rates count. Default: 20, or a shorter countWindow.
   * @param window Length of the window. Default: 60 s.
   * @param countWindow Calls in the window, instead of a length. Default: none: a window of time.
   * @param cooldown How long the breaker stays open. Default: 60 s.
   * @param cooldownBackoff Factor by which the cooldown grows. Default: 1: no growth.
   * @param maxCooldown Longest cooldown. Default: 10 min.
   * @param cooldownJitter Random share of the cooldown. Default: 0.
   * @param successThreshold Successful probes that close the breaker. Default: 2.
   * @param halfOpenMaxCalls Probes at a time. Default: 3.
   * @param halfOpenMaxDuration Time after which the permit of a probe that has not ended comes back. Default: 60 s.
   * @param halfOpenFailureRateThreshold Percentage of failed probes that opens the breaker again, or off. Default: off.
   * @param halfOpenCalls Probes that the percentage is taken of. Default: 10.
   * @param initialState State in which the breaker begins. Default: closed.
   * @param recordInterrupted Whether interrupted calls count as failures. Default: false.
   * @param recordCancelled Whether cancelled calls count as failures. Default: false.
   * @param followPeers Whether the breaker follows those of other processes. Default: false.
   */
  @ConfigurationProperties("resilience.circuit-breaker")
  record CircuitBreaker(
      String failureThreshold,
      String failureCountThreshold,
      String failureRateThreshold,
      String slowCallRateThreshold,
      Duration slowCallDuration,
      String throttle,
      Integer minimumNumberOfCalls,
      Duration window,
      Integer countWindow,
      Duration cooldown,
      Double cooldownBackoff,
      Duration maxCooldown,
      Double cooldownJitter,
      Integer successThreshold,
      Integer halfOpenMaxCalls,
      Duration halfOpenMaxDuration,
      String halfOpenFailureRateThreshold,
      Integer halfOpenCalls,
      CircuitBreakerState initialState,
      Boolean recordInterrupted,
      Boolean recordCancelled,
      Boolean followPeers) {}

  /**
   * Settings of a retry, or of all retries.
   *
   * @param maxAttempts Attempts, the first included. Default: 3.
   * @param backoff How delays grow: exponential, linear, constant or fibonacci. Default: exponential.
   * @param backoffFactor Factor by which exponential delays grow. Default: 2.
   * @param delay First delay. Default: 100 ms.
   * @param maxDelay Longest delay. Default: 30 s, or a longer delay.
   * @param jitter Kind of the random part of delays. Default: multiplicative.
   * @param jitterFactor Random share of a delay. Default: 0.25.
   * @param jitterAmount Random part of a delay. Default: none.
   * @param maxDuration Time after the first attempt from which on no attempt begins, or off. Default: 106,751 d.
   * @param failOnRetryableResult Whether a call fails if its last result is to be retried. Default: false.
   * @param retryRejections Whether rejections by other policies are retried. Default: false.
   * @param retryInterrupted Whether interrupted attempts are retried. Default: false.
   * @param retryCancelled Whether cancelled attempts are retried. Default: false.
   * @param retryWhenNested Whether the retry works inside another retry. Default: false.
   */
  @ConfigurationProperties("resilience.retry")
  record Retry(
      Integer maxAttempts,
      String backoff,
      Double backoffFactor,
      Duration delay,
      Duration maxDelay,
      Jitter jitter,
      Double jitterFactor,
      Duration jitterAmount,
      String maxDuration,
      Boolean failOnRetryableResult,
      Boolean retryRejections,
      Boolean retryInterrupted,
      Boolean retryCancelled,
      Boolean retryWhenNested) {}

  /**
   * Settings of a timeout, or of all timeouts.
   *
   * @param limit Longest duration of a call.
   */
  @ConfigurationProperties("resilience.timeout")
  record Timeout(Duration limit) {}

  /**
   * Settings of a bulkhead, or of all bulkheads.
   *
   * @param maxConcurrentCalls Calls at a time. Default: 25.
   * @param maxWait How long a call waits to be admitted. Default: 0.
   * @param maxWaiting Calls that may wait. Default: 0, or maxConcurrentCalls if calls may wait.
   * @param order Which waiting call is admitted first. Default: OLDEST_FIRST.
   * @param maxHold How long a call holds its permit at most, or off. Default: off.
   */
  @ConfigurationProperties("resilience.bulkhead")
  record Bulkhead(
      Integer maxConcurrentCalls,
      Duration maxWait,
      Integer maxWaiting,
      BulkheadConfig.Order order,
      String maxHold) {}

  /**
   * Settings of a concurrency limit, or of all concurrency limits.
   *
   * @param initial Limit at the start. Default: 20.
   * @param least Lowest limit. Default: 4.
   * @param most Highest limit. Default: 200.
   * @param percentile Percentile of the latencies that counts. Default: 90.
   * @param tolerance How many times the base, the latency without load, calls may take. Default: 1.5.
   * @param window Shortest length of a window. Default: 1 s.
   * @param maxWindow Longest length of a window. Default: 30 s.
   * @param minimumSamples Samples that end a window before maxWindow, at which one is enough. Default: 50.
   * @param healthyLatency Latency above which the limit falls whatever the base is, or off. Default: off.
   * @param maxWait How long a call waits to be admitted. Default: 0.
   * @param maxWaiting Calls that may wait. Default: 0, or most if calls may wait.
   */
  @ConfigurationProperties("resilience.concurrency-limit")
  record ConcurrencyLimit(
      Integer initial,
      Integer least,
      Integer most,
      Integer percentile,
      Double tolerance,
      Duration window,
      Duration maxWindow,
      Integer minimumSamples,
      String healthyLatency,
      Duration maxWait,
      Integer maxWaiting) {}

  /**
   * Settings of a rate limiter, or of all rate limiters.
   *
   * @param limit Calls in a period. Default: has to be given.
   * @param period Period in which the limit holds. Default: has to be given.
   * @param burst Calls at once. Default: limit.
   * @param maxWait How long a call waits to be admitted. Default: 0.
   * @param maxWaiting Calls that may wait. Default: 1000 if calls may wait.
   * @param maxPause Longest pause that a server may ask for. Default: 15 min.
   * @param startFull Whether the limiter starts with all permits. Default: true.
   * @param keepAcrossRestart Whether the level is saved. Default: false.
   * @param shared Whether a fleet shares the limit. Default: false.
   * @param whenAlone What an instance without the quota store does. Default: SHARE.
   * @param assumedInstances Instances that are assumed until they are known. Default: 10.
   */
  @ConfigurationProperties("resilience.rate-limiter")
  record RateLimiter(
      Integer limit,
      Duration period,
      Integer burst,
      Duration maxWait,
      Integer maxWaiting,
      Duration maxPause,
      Boolean startFull,
      Boolean keepAcrossRestart,
      Boolean shared,
      WhenAlone whenAlone,
      Integer assumedInstances) {}

  /**
   * Settings of a hedge, or of all hedges.
   *
   * @param delay First delay. Default: has to be given, or a delay from latencies in the code.
   * @param leastDelay Least delay of those from latencies. Default: has to be given in the code.
   * @param mostDelay Longest delay of those from latencies. Default: has to be given in the code.
   * @param maxHedges Hedges of a call; 0 for none. Default: 1.
   */
  @ConfigurationProperties("resilience.hedge")
  record Hedge(Duration delay, Duration leastDelay, Duration mostDelay, Integer maxHedges) {}

  /**
   * Settings of a chaos policy, or of all chaos policies.
   *
   * @param scale Factor of the chances in the code, from 0 to 1. Default: 1.
   */
  @ConfigurationProperties("resilience.chaos")
  record Chaos(Double scale) {}

  /**
   * Settings of a coalescer, or of all coalescers.
   *
   * @param maxFlights Keys in flight at a time. Default: 10,000.
   * @param maxFlight Longest time in flight. Default: 1 min.
   * @param shareFailures Whether callers that joined receive the failure. Default: true.
   * @param maxStale Age up to which a stale result is returned. Default: none.
   */
  @ConfigurationProperties("resilience.coalescer")
  record Coalescer(
      Integer maxFlights, Duration maxFlight, Boolean shareFailures, Duration maxStale) {}

  /**
   * Settings of a pipeline, or of all pipelines.
   *
   * @param policies Policies from the outermost to the innermost, such as retry, circuitbreaker:shop, timeout.
   */
  @ConfigurationProperties("resilience.pipeline")
  record Pipeline(List<String> policies) {}
}
