package io.aragora.resilience.spring.http;

import java.lang.reflect.Field;
import java.net.URI;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.util.ReflectionUtils;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;

/** Replaces the request factories of clients by protected ones. */
final class RequestFactories {
  private static final String FIELD = "requestFactory";

  private RequestFactories() {}

  /** Interceptors are taken off meanwhile, because the factory that a template returns contains them. */
  static void protect(RestTemplate template, Function<? super URI, HttpProtection> protections) {
    List<ClientHttpRequestInterceptor> interceptors = List.copyOf(template.getInterceptors());
    template.setInterceptors(List.of());
    template.setRequestFactory(protect(template.getRequestFactory(), protections));
    template.setInterceptors(interceptors);
  }

  /**
   * Reads the factory by reflection, because the builder has a setter alone. An interceptor would be simpler, but with Spring
   * Framework 6 its second attempt skips the interceptors behind it, and any interceptor makes the client keep bodies in memory.
   */
  static void protect(
      RestClient.Builder builder, Function<? super URI, HttpProtection> protections) {
    Field field =
        ReflectionUtils.findField(builder.getClass(), FIELD, ClientHttpRequestFactory.class);
    if (field == null) {
      throw new IllegalStateException("resilience.http.enabled must be false with "
          + builder.getClass().getName() + ", which has no field '" + FIELD
          + "'; wrap the request factory of the client in a ResilientRequestFactory instead");
    }
    ReflectionUtils.makeAccessible(field);
    ClientHttpRequestFactory factory =
        (ClientHttpRequestFactory) ReflectionUtils.getField(field, builder);
    builder.requestFactory(protect(
        factory != null ? factory : ClientHttpRequestFactoryBuilder.detect().build(), protections));
  }

  private static ClientHttpRequestFactory protect(
      ClientHttpRequestFactory factory, Function<? super URI, HttpProtection> protections) {
    return factory instanceof ResilientRequestFactory
        ? factory
        : new ResilientRequestFactory(factory, protections);
  }

  /** Registers the field for reflection in a native image. */
  static final class Hints implements RuntimeHintsRegistrar {
    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader loader) {
      Field field = ReflectionUtils.findField(
          RestClient.builder().getClass(), FIELD, ClientHttpRequestFactory.class);
      if (field != null) {
        hints.reflection().registerField(field);
      }
    }
  }
}
