package io.aragora.resilience.spring.http;

import io.aragora.resilience.Pipeline;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.StreamingHttpOutputMessage;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.http.client.ClientHttpResponse;

/**
 * A request that is created anew for each attempt. A body that the client sets is written by each attempt, without a copy of it in
 * between; one that the client writes itself is kept. Not thread-safe.
 */
final class ResilientRequest implements ClientHttpRequest, StreamingHttpOutputMessage {
  private final ClientHttpRequestFactory factory;
  private final HttpProtection protection;
  private final URI uri;
  private final HttpMethod method;
  private final HttpHeaders headers = new HttpHeaders();
  private final Map<String, Object> attributes = new LinkedHashMap<>();

  private @Nullable Body body;
  private @Nullable ByteArrayOutputStream written;
  private boolean isExecuted;

  ResilientRequest(
      ClientHttpRequestFactory factory, HttpProtection protection, URI uri, HttpMethod method) {
    this.factory = factory;
    this.protection = protection;
    this.uri = uri;
    this.method = method;
  }

  @Override
  public HttpMethod getMethod() {
    return method;
  }

  @Override
  public URI getURI() {
    return uri;
  }

  @Override
  public Map<String, Object> getAttributes() {
    return attributes;
  }

  @Override
  public HttpHeaders getHeaders() {
    return headers;
  }

  @Override
  public void setBody(Body body) {
    checkNotExecuted();
    this.body = body;
  }

  @Override
  public OutputStream getBody() {
    checkNotExecuted();
    ByteArrayOutputStream bytes = written;
    if (bytes == null) {
      bytes = new ByteArrayOutputStream();
      written = bytes;
    }
    return bytes;
  }

  @Override
  public ClientHttpResponse execute() throws IOException {
    checkNotExecuted();
    isExecuted = true;
    if (written != null && body == null) {
      setWritten(written.toByteArray());
    }
    boolean isRepeatable =
        (body == null || body.repeatable()) && protection.isRepeatable(method, headers);
    Pipeline policies = protection.around(uri, isRepeatable);
    return policies == null
        ? attempt()
        : new BlockingExchange(protection, uri, this::attempt, isRepeatable).run(policies);
  }

  private void setWritten(byte[] bytes) {
    body = new Body() {
      @Override
      public void writeTo(OutputStream into) throws IOException {
        into.write(bytes);
      }

      @Override
      public boolean repeatable() {
        return true;
      }
    };
  }

  private ClientHttpResponse attempt() throws IOException {
    ClientHttpRequest request = factory.createRequest(uri, method);
    // Only this way of reading headers is the same in the binaries of Spring Framework 6 and 7.
    headers.forEach((name, values) -> request.getHeaders().addAll(name, values));
    request.getAttributes().putAll(attributes);
    if (body != null) {
      if (request instanceof StreamingHttpOutputMessage streaming) {
        streaming.setBody(body);
      } else {
        body.writeTo(request.getBody());
      }
    }
    return request.execute();
  }

  private void checkNotExecuted() {
    if (isExecuted) {
      throw new IllegalStateException("a request can be executed once, and not be changed after");
    }
  }
}
