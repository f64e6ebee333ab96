package io.aragora.resilience.spring.http;

import io.aragora.resilience.Pipeline;
import java.io.IOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.http.client.ClientHttpResponse;

/**
 * A call and its attempts, one after the other, on the thread of the caller. An attempt whose response is a failure throws, so
 * that the policies see it; the response is held, and returned to the caller if the call ends with it.
 */
final class BlockingExchange {
  /** Sends the request once. */
  interface Sender {
    ClientHttpResponse send() throws IOException;
  }

  private final HttpProtection protection;
  private final URI uri;
  private final Sender sender;
  private final int maxAttempts;

  private int attempts;

  /** The response of the latest attempt, and what that failed with. Closed unless the caller gets it. */
  private @Nullable ClientHttpResponse latest;

  private @Nullable HttpAnswerException failure;

  BlockingExchange(HttpProtection protection, URI uri, Sender sender, boolean isRepeatable) {
    this.protection = protection;
    this.uri = uri;
    this.sender = sender;
    this.maxAttempts = protection.maxAttempts(isRepeatable);
  }

  ClientHttpResponse run(Pipeline policies) throws IOException {
    ClientHttpResponse ofCaller = null;
    try {
      ofCaller = policies.<ClientHttpResponse, IOException>call(this::attempt);
      return ofCaller;
    } catch (HttpAnswerException e) {
      ClientHttpResponse held = latest;
      if (e != failure || held == null) {
        throw e;
      }
      ofCaller = held;
      return held;
    } finally {
      if (latest != ofCaller) {
        closeLatest();
      }
    }
  }

  private ClientHttpResponse attempt() throws IOException {
    closeLatest();
    attempts++;
    ClientHttpResponse response = sender.send();
    latest = response;
    HttpAnswerException rejected =
        protection.judge(uri, response.getStatusCode().value(), response.getHeaders());
    if (rejected == null) {
      return response;
    }
    if (attempts < maxAttempts) {
      latest = new HeldResponse(response);
    }
    failure = rejected;
    throw rejected;
  }

  private void closeLatest() {
    ClientHttpResponse response = latest;
    latest = null;
    if (response != null) {
      response.close();
    }
  }
}
