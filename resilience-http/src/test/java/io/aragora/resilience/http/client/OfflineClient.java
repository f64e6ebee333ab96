package io.aragora.resilience.http.client;

import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.ResponseInfo;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;

/** A client without a network. What it is made of is always the same, and can be told from what another client has. */
abstract class OfflineClient extends HttpClient {
  private static final CookieHandler COOKIES = new CookieManager();
  private static final Authenticator AUTHENTICATOR = new Authenticator() {};
  private static final Executor EXECUTOR = Runnable::run;

  Redirect redirects = Redirect.NEVER;

  /** An answer, also as its body handler sees it. */
  record Answer<T>(int statusCode, HttpHeaders headers, HttpRequest request, T body)
      implements HttpResponse<T>, ResponseInfo {
    @Override
    public Optional<HttpResponse<T>> previousResponse() {
      return Optional.empty();
    }

    /** What JDK 25 added. */
    public Optional<String> connectionLabel() {
      return Optional.of("connection 1");
    }

    @Override
    public Optional<SSLSession> sslSession() {
      return Optional.empty();
    }

    @Override
    public URI uri() {
      return request.uri();
    }

    @Override
    public Version version() {
      return Version.HTTP_1_1;
    }
  }

  @Override
  public Redirect followRedirects() {
    return redirects;
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return Optional.of(COOKIES);
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return Optional.of(Duration.ofSeconds(7));
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return Optional.of(HttpClient.Builder.NO_PROXY);
  }

  @Override
  public SSLContext sslContext() {
    try {
      return SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public SSLParameters sslParameters() {
    return new SSLParameters(new String[] {"a suite"});
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return Optional.of(AUTHENTICATOR);
  }

  @Override
  public Version version() {
    return Version.HTTP_2;
  }

  @Override
  public Optional<Executor> executor() {
    return Optional.of(EXECUTOR);
  }
}
