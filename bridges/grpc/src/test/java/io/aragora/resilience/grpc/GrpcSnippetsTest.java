package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code of {@code docs/grpc.md}. */
class GrpcSnippetsTest {
  @Test
  void client() {
    try (Resilience resilience = Resilience.create();
        Shop shop = new Shop(Shop.Transport.IN_PROCESS)) {
      ManagedChannel managedChannel = shop.managed;
      // readme: grpc client
      ClientInterceptor policies = ResilienceClientInterceptor.builder()
          .circuitBreaker(resilience.keyedCircuitBreaker(
              "prices", KeyedCircuitBreakerConfig.builder().build()))
          .concurrencyLimit(resilience.concurrencyLimit("prices"))
          .deadline(Duration.ofSeconds(2)) // of calls that have none
          .build();
      Channel channel = ClientInterceptors.intercept(managedChannel, policies); // for your stubs
      // end

      assertThat(Shop.Call.of(channel, MethodType.UNARY, "ok").end().isOk()).isTrue();
    }
  }

  @Test
  void server() {
    try (Resilience resilience = Resilience.create()) {
      // readme: grpc server
      ServerInterceptor policies = ResilienceServerInterceptor.builder()
          .concurrencyLimit(resilience.concurrencyLimit("server"))
          .priorityFrom("x-priority") // critical, normal or sheddable
          .rateLimiter(resilience.keyedRateLimiter(
              "peers",
              KeyedRateLimiterConfig.of(
                  RateLimiterConfig.smooth(100, Duration.ofSeconds(1)).build())))
          .build();
      // end

      try (Shop shop = new Shop(Shop.Transport.IN_PROCESS, policies)) {
        assertThat(Shop.Call.of(shop.managed, MethodType.UNARY, "ok").end().isOk())
            .isTrue();
      }
    }
  }

  @Test
  void statuses() {
    // readme: grpc statuses
    StatusTable statuses = StatusTable.builder()
        .failure(Status.Code.RESOURCE_EXHAUSTED)
        .ignore(Status.Code.UNKNOWN)
        .overload(Status.Code.RESOURCE_EXHAUSTED, Status.Code.DEADLINE_EXCEEDED)
        .build();
    // end

    assertThat(statuses.isFailure(Status.Code.RESOURCE_EXHAUSTED)).isTrue();
  }
}
