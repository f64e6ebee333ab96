package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.ResilienceContext;
import java.io.IOException;
import java.io.OutputStream;

/** A page of plain text. */
record FakePage(String path, Body body) implements EndpointContribution {
  static FakePage of(String path, String text) {
    return new FakePage(path, target -> target.write(text.getBytes(UTF_8)));
  }

  @Override
  public String contentType() {
    return "text/plain; charset=utf-8";
  }

  @Override
  public void write(ResilienceContext context, OutputStream target) throws IOException {
    body.writeTo(target);
  }

  @FunctionalInterface
  interface Body {
    void writeTo(OutputStream target) throws IOException;
  }
}
