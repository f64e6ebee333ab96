package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Unprotected methods are delegated to the wrapped client. */
class DelegationTest extends HttpClientFixture {
  @Test
  @DisplayName("the client is an HttpClient whose properties are those of the wrapped one")
  void client_delegatesItsProperties() throws Exception {
    inner.answer(200);
    inner.redirects = HttpClient.Redirect.ALWAYS;
    ResilientHttpClient client = builder().build();
    assertThat(client.cookieHandler()).isEqualTo(inner.cookieHandler());
    assertThat(client.connectTimeout()).isEqualTo(inner.connectTimeout());
    assertThat(client.followRedirects()).isEqualTo(inner.followRedirects());
    assertThat(client.proxy()).isEqualTo(inner.proxy());
    assertThat(client.sslContext()).isSameAs(inner.sslContext());
    assertThat(client.sslParameters().getCipherSuites()).containsExactly("a suite");
    assertThat(client.authenticator()).isEqualTo(inner.authenticator());
    assertThat(client.version()).isEqualTo(inner.version());
    assertThat(client.executor()).isEqualTo(inner.executor());
    assertThat(client.newWebSocketBuilder()).isNotNull();
    assertThat(client
            .sendAsync(get(), BodyHandlers.ofString(), (a, b, c) -> {})
            .join()
            .body())
        .isEqualTo("body of 200");
    assertThat(inner.told).containsExactly("newWebSocketBuilder", "sendAsync with pushes");
    assertThat(client).hasToString("resilient HTTP client 'http'");
  }

  @Test
  @DisplayName("methods of JDK 21 reach the wrapped client, and do nothing on older JDKs")
  void methodsOfJdk21_reachTheWrappedClient() throws Exception {
    ResilientHttpClient client = builder().build();
    client.shutdown();
    boolean terminated = client.awaitTermination(Duration.ofSeconds(3));
    boolean isTerminated = client.isTerminated();
    client.shutdownNow();
    client.close();
    if (Runtime.version().feature() >= 21) {
      assertThat(inner.told)
          .containsExactly(
              "shutdown", "awaitTermination PT3S", "isTerminated", "shutdownNow", "close");
      assertThat(terminated).isFalse();
      assertThat(isTerminated).isTrue();
    } else {
      assertThat(inner.told).isEmpty();
      assertThat(terminated).isTrue();
      assertThat(isTerminated).isFalse();
    }
    assertThat(resilience.isClosed()).isFalse();
  }

  @Test
  @DisplayName("every public method of HttpClient and HttpResponse, of any JDK, is overridden here")
  void everyPublicMethod_isOverridden() {
    assertThat(missing(HttpClient.class, ResilientHttpClient.class)).isEmpty();
    assertThat(missing(HttpResponse.class, ResponseWithBody.class)).isEmpty();
  }

  private static List<String> missing(Class<?> type, Class<?> ours) {
    List<String> missing = new ArrayList<>();
    for (Method method : type.getMethods()) {
      if (method.getDeclaringClass() == type && !Modifier.isStatic(method.getModifiers())) {
        try {
          ours.getDeclaredMethod(method.getName(), method.getParameterTypes());
        } catch (NoSuchMethodException e) {
          missing.add(method.toString());
        }
      }
    }
    return missing;
  }
}
