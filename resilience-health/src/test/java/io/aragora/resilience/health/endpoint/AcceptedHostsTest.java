package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptedHostsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LocalHost:8081",
        "127.0.0.1",
        "127.0.0.1:9000",
        "[::1]:8081",
        "[fe80::1]",
        "192.168.1.5:80"
      })
  void loopback_addressOrLocalhost_isAccepted(String host) throws Exception {
    assertThat(onLoopback(List.of()).accept(List.of(host))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8081",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "xlocalhost",
        "localhost:8081:1",
        "[::1].evil.example",
        "",
        ":8081",
        "127.0.0.1@evil.example"
      })
  void loopback_nameThatMayHaveAnyOwner_isNot(String host) throws Exception {
    assertThat(onLoopback(List.of()).accept(List.of(host))).isFalse();
  }

  @Test
  void loopback_noHost_isOfNoBrowser() throws Exception {
    assertThat(onLoopback(List.of()).accept(List.of())).isTrue();
  }

  @Test
  void loopback_twoHosts_isNotAccepted() throws Exception {
    assertThat(onLoopback(List.of()).accept(List.of("localhost", "localhost"))).isFalse();
  }

  @Test
  void configured_isAcceptedBesideTheOthers() throws Exception {
    AcceptedHosts hosts = onLoopback(List.of("Ops.Example"));

    assertThat(hosts.accept(List.of("ops.example:443"))).isTrue();
    assertThat(hosts.accept(List.of("localhost"))).isTrue();
    assertThat(hosts.accept(List.of("evil.example"))).isFalse();
    assertThat(onLoopback(List.of("*")).accept(List.of("evil.example"))).isTrue();
  }

  @Test
  void reachableByOthers_everyHostUnlessSomeAreConfigured() throws Exception {
    InetAddress all = InetAddress.getByName("0.0.0.0");

    assertThat(new AcceptedHosts(all, "0.0.0.0", List.of()).accept(List.of("shop.svc")))
        .isTrue();
    AcceptedHosts configured = new AcceptedHosts(all, "0.0.0.0", List.of("shop.svc"));
    assertThat(configured.accept(List.of("shop.svc:8081"))).isTrue();
    assertThat(configured.accept(List.of("evil.example"))).isFalse();
  }

  @Test
  void setting_badName_namesSettingRuleAndValue() {
    assertThat(EndpointSettings.hosts("hosts", " a.example , b ,,"))
        .containsExactly("a.example", "b");
    assertThatThrownBy(() -> HealthEndpoint.builder().hosts("ops.example:8081"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hosts must be names without a port, or * for any: ops.example:8081");
    assertThatThrownBy(() -> EndpointSettings.hosts("hosts", "a,".repeat(101)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hosts must be at most 100 names: 101");
  }

  private static AcceptedHosts onLoopback(List<String> configured) throws UnknownHostException {
    return new AcceptedHosts(InetAddress.getByName("127.0.0.1"), "127.0.0.1", configured);
  }
}
