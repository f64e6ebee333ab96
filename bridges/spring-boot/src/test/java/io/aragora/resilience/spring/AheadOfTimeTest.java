package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.annotation.WithFallback;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.spring.actuate.ResilienceEndpoint;
import io.aragora.resilience.spring.http.HttpClientProperties;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.GeneratedFiles.Kind;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.MemberHint;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.env.MapPropertySource;
import org.springframework.javapoet.ClassName;
import org.springframework.web.client.RestClient;

/** What a build ahead of time makes of an application, for a native image. */
class AheadOfTimeTest {
  interface Prices {
    @WithRetry
    @WithFallback("none")
    String price(String article);

    String none(String article);
  }

  static class Shop implements Prices {
    @Override
    public String price(String article) {
      return article;
    }

    @Override
    public String none(String article) {
      return "none";
    }
  }

  interface Orders {
    @WithRetry
    String order();
  }

  /** As a client that a library makes for an interface. */
  static class Client implements FactoryBean<Orders> {
    @Override
    public Orders getObject() {
      return () -> "ordered";
    }

    @Override
    public Class<?> getObjectType() {
      return Orders.class;
    }
  }

  static class Plain {}

  @Configuration(proxyBeanMethods = false)
  static class Application {
    @Bean
    Shop shop() {
      return new Shop();
    }

    @Bean
    Client client() {
      return new Client();
    }

    @Bean
    Plain plain() {
      return new Plain();
    }
  }

  @Test
  void generator_beanWithAnnotations_hintsAtItsMethodsAndMakesItsProxy() {
    InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    DefaultGenerationContext generation = new DefaultGenerationContext(
        new ClassNameGenerator(ClassName.get("com.shop", "Shop")), files);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context.register(Application.class, ResilienceAutoConfiguration.class);
      new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
    }
    generation.writeGeneratedContent();

    RuntimeHints hints = generation.getRuntimeHints();
    for (Class<?> type : Stream.of(Shop.class, Prices.class, Orders.class).toList()) {
      assertThat(RuntimeHintsPredicates.reflection()
              .onType(type)
              .withMemberCategory(MemberCategory.INVOKE_DECLARED_METHODS))
          .accepts(hints);
    }
    assertThat(RuntimeHintsPredicates.proxies()
            .forInterfaces(AopProxyUtils.completeJdkProxyInterfaces(Orders.class)))
        .accepts(hints);
    assertThat(RuntimeHintsPredicates.reflection()
            .onType(Plain.class)
            .withMemberCategory(MemberCategory.INVOKE_DECLARED_METHODS))
        .rejects(hints);
    assertThat(files.getGeneratedFiles(Kind.CLASS).keySet())
        .anyMatch(name -> name.contains("Shop$$SpringCGLIB"));
    assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
        .anyMatch(name -> name.contains("ResilienceAutoConfiguration"));
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class WholeApplication {}

  @Test
  void generator_applicationWithEveryPart_hasTheBeansAndTheirHints() {
    InMemoryGeneratedFiles files = new InMemoryGeneratedFiles();
    DefaultGenerationContext generation = new DefaultGenerationContext(
        new ClassNameGenerator(ClassName.get("com.shop", "Shop")), files);
    try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource(
              "settings",
              Map.of(
                  "resilience.http.enabled",
                  true,
                  "management.endpoints.web.exposure.include",
                  "resilience")));
      context.register(WholeApplication.class);
      new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
    }
    generation.writeGeneratedContent();

    for (String part : List.of(
        "ResilienceHealth",
        "ResilienceEndpointAutoConfiguration",
        "ResilienceMetersAutoConfiguration",
        "ResilienceTelemetryAutoConfiguration",
        "HttpProtectionsAutoConfiguration",
        "RestClients",
        "WebClients",
        "CircuitBreakerFactoryAutoConfiguration",
        "ReactiveCircuitBreakerFactoryAutoConfiguration")) {
      assertThat(files.getGeneratedFiles(Kind.SOURCE).keySet())
          .anyMatch(name -> name.contains("/" + part));
    }
    RuntimeHints hints = generation.getRuntimeHints();
    assertThat(hints.reflection().getTypeHint(HttpClientProperties.class).constructors())
        .isNotEmpty();
    assertThat(hints.reflection().getTypeHint(RestClient.builder().getClass()).fields())
        .extracting(MemberHint::getName)
        .contains("requestFactory");
    assertThat(hints.reflection().getTypeHint(ResilienceEndpoint.class).methods())
        .extracting(MemberHint::getName)
        .contains("runtime", "policies", "policy", "reload", "stop", "change");
  }

  @Test
  void hints_ofTheBridge_haveTheMetadata() {
    RuntimeHints hints = new RuntimeHints();
    new NativeHints().registerHints(hints, null);

    assertThat(RuntimeHintsPredicates.resource()
            .forResource("META-INF/spring-configuration-metadata.json"))
        .accepts(hints);
  }
}
