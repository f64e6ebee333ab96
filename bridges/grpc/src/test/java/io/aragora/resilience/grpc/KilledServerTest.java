package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.grpc.Shop.Call;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A server in a process of its own is killed while calls of each type are under way. */
class KilledServerTest {
  /** The process: prints its port, and a line for each call that a handler received. */
  static final class ServerProcess {
    private ServerProcess() {}

    public static void main(String[] args) throws InterruptedException {
      try (Shop shop = new Shop(Shop.Transport.NETTY)) {
        System.out.println(shop.server.getPort());
        while (true) {
          System.out.println(shop.handled.take());
        }
      }
    }
  }

  @Test
  void kill_everyCallFails_nothingIsHeld_andTheBreakerOpens() throws Exception {
    Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:-UsePerfData",
            "-cp",
            System.getProperty("java.class.path"),
            ServerProcess.class.getName())
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
    try (Resilience resilience = Resilience.create();
        BufferedReader lines = new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      assertKilled(resilience, process, lines);
    } finally {
      process.destroyForcibly();
    }
  }

  private static void assertKilled(Resilience resilience, Process process, BufferedReader lines)
      throws IOException, InterruptedException {
    KeyedCircuitBreaker breakers = resilience.keyedCircuitBreaker(
        "prices",
        KeyedCircuitBreakerConfig.of(
            CircuitBreakerConfig.builder().failureThreshold(1).build()));
    ConcurrencyLimit limit = resilience.concurrencyLimit("prices");
    ManagedChannel channel = Grpc.newChannelBuilder(
            "127.0.0.1:" + lines.readLine(), InsecureChannelCredentials.create())
        .intercept(ResilienceClientInterceptor.builder()
            .circuitBreaker(breakers)
            .concurrencyLimit(limit)
            .build())
        .build();
    try {
      List<Call> calls = new ArrayList<>();
      for (MethodType type : Shop.types()) {
        calls.add(Call.of(channel, type, "hang"));
        assertThat(lines.readLine()).isEqualTo(type + " hang");
      }
      assertThat(limit.snapshot().inUse()).isEqualTo(4);

      process.destroyForcibly();

      for (Call call : calls) {
        assertThat(call.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      }
      Shop.await(() -> limit.snapshot().inUse() == 0, "places in use");
      assertThat(limit.totals().drops()).isEqualTo(4);
      for (MethodType type : Shop.types()) {
        assertThat(Call.of(channel, type, "ok").end().getCause())
            .isInstanceOf(CallNotPermittedException.class);
      }
      assertThat(process.waitFor(Shop.BOUND_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      channel.shutdownNow();
    }
  }
}
