package io.aragora.resilience.spring.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.spring.ResilienceAutoConfiguration;
import io.aragora.resilience.spring.ResilienceBuilderCustomizer;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.InputStreamResource;
import org.springframework.http.HttpEntity;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.support.HttpRequestWrapper;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/** The clients that Boot's builders create, with real sockets. */
class HttpClientsTest {
  /** Sends a request and returns the body. */
  interface Client {
    String send(HttpMethod method, String url, String body);
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class App {
    @Bean
    ResilienceBuilderCustomizer withoutDelays() {
      return builder -> builder.config(Map.of("resilience.retry.delay", "0s"));
    }
  }

  static Stream<Named<BiFunction<ConfigurableApplicationContext, String, Client>>> clients() {
    return Stream.of(
        Named.of("RestClient", (context, unused) -> restClient(context)),
        Named.of("RestTemplate", (context, unused) -> restTemplate(context)),
        Named.of("WebClient", (context, unused) -> webClient(context)));
  }

  private static Client restClient(ConfigurableApplicationContext context) {
    RestClient client = context.getBean(RestClient.Builder.class).build();
    return (method, url, body) ->
        client.method(method).uri(url).body(body).retrieve().body(String.class);
  }

  private static Client webClient(ConfigurableApplicationContext context) {
    WebClient client = context.getBean(WebClient.Builder.class).build();
    return (method, url, body) -> {
      try {
        return client
            .method(method)
            .uri(url)
            .attribute(ResilientExchangeFilter.REPLAYABLE_BODY, true)
            .bodyValue(body)
            .retrieve()
            .bodyToMono(String.class)
            .block(Duration.ofSeconds(30));
      } catch (WebClientResponseException e) {
        throw new AssertionError(e.getResponseBodyAsString(), e);
      }
    };
  }

  private static Client restTemplate(ConfigurableApplicationContext context) {
    RestTemplate template = template(context);
    return (method, url, body) ->
        template.exchange(url, method, new HttpEntity<>(body), String.class).getBody();
  }

  /** By reflection, because the builder is in another package in each Boot. */
  private static RestTemplate template(ConfigurableApplicationContext context) {
    try {
      Object builder = context.getBean("restTemplateBuilder");
      return (RestTemplate) builder.getClass().getMethod("build").invoke(builder);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** Clients with an interceptor that is added after those of the builder. */
  static Stream<
          Named<
              BiFunction<
                  ConfigurableApplicationContext, ClientHttpRequestInterceptor, Supplier<String>>>>
      interceptedClients() {
    return Stream.of(
        Named.of("RestClient", (context, interceptor) -> {
          RestClient client = context
              .getBean(RestClient.Builder.class)
              .requestInterceptor(interceptor)
              .build();
          return () -> client.get().uri("http://prices/").retrieve().body(String.class);
        }),
        Named.of("changed RestClient", (context, interceptor) -> {
          RestClient client = context
              .getBean(RestClient.Builder.class)
              .build()
              .mutate()
              .requestInterceptor(interceptor)
              .build();
          return () -> client.get().uri("http://prices/").retrieve().body(String.class);
        }),
        Named.of("RestTemplate", (context, interceptor) -> {
          RestTemplate template = template(context);
          template.getInterceptors().add(interceptor);
          return () -> template.getForObject("http://prices/", String.class);
        }),
        Named.of("sorted RestTemplate", (context, interceptor) -> {
          RestTemplate template = template(context);
          template.setInterceptors(List.of(interceptor)); // as Spring Cloud's load balancer does
          return () -> template.getForObject("http://prices/", String.class);
        }));
  }

  /** As a load balancer does it: another address for the name of a service. */
  private static ClientHttpRequestInterceptor to(ScriptedServer server) {
    return (request, body, execution) -> execution.execute(
        new HttpRequestWrapper(request) {
          @Override
          public URI getURI() {
            return URI.create(server.url());
          }
        },
        body);
  }

  @ParameterizedTest
  @MethodSource("interceptedClients")
  void client_interceptorAddedLater_isPartOfEachAttempt(
      BiFunction<ConfigurableApplicationContext, ClientHttpRequestInterceptor, Supplier<String>>
          clients)
      throws Exception {
    try (ConfigurableApplicationContext context = start("resilience.http.enabled=true");
        ScriptedServer server = new ScriptedServer()) {
      server.answers(503, 503);

      assertThat(clients.apply(context, to(server)).get()).isEqualTo("ok");

      assertThat(server.requests()).hasSize(3);
    }
  }

  @Test
  void client_streamAsBody_isNeitherKeptNorRepeated() throws Exception {
    try (ConfigurableApplicationContext context = start("resilience.http.enabled=true");
        ScriptedServer server = new ScriptedServer()) {
      RestClient client = context.getBean(RestClient.Builder.class).build();
      server.answers(503);

      assertThatThrownBy(() -> client
              .put()
              .uri(server.url())
              .body(new InputStreamResource(new ByteArrayInputStream(new byte[] {'7'})))
              .retrieve()
              .toBodilessEntity())
          .hasMessageContaining("answer 503");

      assertThat(server.requests()).containsExactly("PUT 7");
    }
  }

  private static ConfigurableApplicationContext start(String... properties) {
    List<String> arguments =
        new ArrayList<>(List.of("--spring.main.banner-mode=off", "--logging.level.root=warn"));
    for (String property : properties) {
      arguments.add("--" + property);
    }
    return new SpringApplicationBuilder(App.class)
        .web(WebApplicationType.NONE)
        .run(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @MethodSource("clients")
  void client_enabled_retriesAndBreaks(
      BiFunction<ConfigurableApplicationContext, String, Client> clients) throws Exception {
    try (ConfigurableApplicationContext context = start("resilience.http.enabled=true");
        ScriptedServer server = new ScriptedServer()) {
      Client client = clients.apply(context, "");

      server.answers(503, 500);
      assertThat(client.send(HttpMethod.PUT, server.url(), "7")).isEqualTo("ok");
      assertThat(server.requests()).containsExactly("PUT 7", "PUT 7", "PUT 7");

      server.answers(503, 503, 503);
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> client.send(HttpMethod.POST, server.url(), "8"))
            .hasMessageContaining("answer 503");
      }
      assertThatThrownBy(() -> client.send(HttpMethod.POST, server.url(), "9"))
          .isInstanceOf(CallNotPermittedException.class);
      assertThat(server.requests()).hasSize(6);
    }
  }

  @ParameterizedTest
  @MethodSource("clients")
  void client_notEnabled_isLeftAlone(
      BiFunction<ConfigurableApplicationContext, String, Client> clients) throws Exception {
    try (ConfigurableApplicationContext context = start();
        ScriptedServer server = new ScriptedServer()) {
      Client client = clients.apply(context, "");

      server.answers(503);
      assertThatThrownBy(() -> client.send(HttpMethod.GET, server.url(), ""))
          .hasMessageContaining("answer 503");
      assertThat(server.requests()).hasSize(1);
      assertThat(context.getBean(Resilience.class).policies().retries()).isEmpty();
    }
  }

  @Test
  void client_namedByHost_hasPoliciesOfThatName() throws Exception {
    try (ConfigurableApplicationContext context = start(
            "resilience.http.enabled=true",
            "resilience.http.clients.prices.hosts=127.0.0.1,*.prices.example",
            "resilience.http.clients.prices.policies=retry",
            "resilience.http.clients.prices.transient-statuses=418");
        ScriptedServer server = new ScriptedServer()) {
      Client client = restClient(context);

      server.answers(418);
      assertThat(client.send(HttpMethod.GET, server.url(), "")).isEqualTo("ok");
      server.answers(503);
      assertThatThrownBy(() -> client.send(HttpMethod.GET, server.url(), ""))
          .hasMessageContaining("answer 503");

      Resilience resilience = context.getBean(Resilience.class);
      assertThat(resilience.retry("prices").totals().calls()).isPositive();
      assertThat(resilience.policies().keyedCircuitBreakers())
          .extracting(each -> each.name())
          .containsExactly("http");
    }
  }

  @Test
  void context_webClientWithoutReactorBridge_warns() {
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(
            ResilienceAutoConfiguration.class, HttpProtectionsAutoConfiguration.class))
        .withPropertyValues("resilience.http.enabled=true")
        .withClassLoader(new FilteredClassLoader("io.aragora.resilience.reactor"))
        .run(context -> assertThat(context)
            .hasNotFailed()
            .hasSingleBean(HttpProtectionsAutoConfiguration.WithoutReactor.class));
  }

  @Configuration(proxyBeanMethods = false)
  static class TwoRuntimes {
    @Bean
    Resilience first() {
      return Resilience.builder().build();
    }

    @Bean
    Resilience second() {
      return Resilience.builder().build();
    }
  }

  @Test
  void context_twoRuntimes_fails() {
    ApplicationContextRunner runner = new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(
            ResilienceAutoConfiguration.class, HttpProtectionsAutoConfiguration.class))
        .withUserConfiguration(TwoRuntimes.class);

    runner
        .withPropertyValues("resilience.http.enabled=true")
        .run(context -> assertThat(context)
            .getFailure()
            .hasRootCauseInstanceOf(NoUniqueBeanDefinitionException.class)
            .hasStackTraceContaining("first,second"));
    runner.run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void context_unknownKey_namesIt() {
    for (String key : List.of("enabeld", "clients.prices.host", "clients.prices.policy")) {
      assertThatThrownBy(() -> start(
              "resilience.http.enabled=true",
              "resilience.http.clients.prices.hosts=shop",
              "resilience.http." + key + "=retry"))
          .as(key)
          .hasStackTraceContaining("resilience.http." + key);
    }
  }

  @Test
  void context_invalidClient_namesKey() {
    assertThatThrownBy(() ->
            start("resilience.http.enabled=true", "resilience.http.clients.prices.policies=retry"))
        .hasStackTraceContaining(
            "resilience.http.clients.prices.hosts must list at least one host");
    assertThatThrownBy(() -> start(
            "resilience.http.enabled=true",
            "resilience.http.clients.a.hosts=shop",
            "resilience.http.clients.b.hosts=Shop"))
        .hasStackTraceContaining(
            "resilience.http.clients.b.hosts must not list a host of client 'a'");
    assertThatThrownBy(() ->
            start("resilience.http.enabled=true", "resilience.http.clients.a.hosts=http://shop"))
        .hasStackTraceContaining("hosts must be names without a port");
  }
}
