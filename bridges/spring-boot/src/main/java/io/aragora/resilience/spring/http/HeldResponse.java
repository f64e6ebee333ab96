package io.aragora.resilience.spring.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpResponse;

/**
 * A response that is held while a retry decides whether another attempt replaces it. A body of at most {@value #MOST_BYTES} bytes
 * is read to its end, so that its connection is free at once; of a longer one, no more is read than that.
 */
final class HeldResponse implements ClientHttpResponse {
  static final int MOST_BYTES = 64 * 1024;

  private final ClientHttpResponse response;
  private final HttpStatusCode status;
  private final String text;
  private final HttpHeaders headers;
  private final InputStream body;

  HeldResponse(ClientHttpResponse response) throws IOException {
    this.response = response;
    this.status = response.getStatusCode();
    this.text = response.getStatusText();
    this.headers = response.getHeaders();
    InputStream all = response.getBody();
    byte[] start = all.readNBytes(MOST_BYTES + 1);
    if (start.length > MOST_BYTES) {
      this.body = new SequenceInputStream(new ByteArrayInputStream(start), all);
    } else {
      this.body = new ByteArrayInputStream(start);
      response.close();
    }
  }

  @Override
  public HttpStatusCode getStatusCode() {
    return status;
  }

  @Override
  public String getStatusText() {
    return text;
  }

  @Override
  public HttpHeaders getHeaders() {
    return headers;
  }

  @Override
  public InputStream getBody() {
    return body;
  }

  /** Closing twice does nothing, as for any response. */
  @Override
  public void close() {
    response.close();
  }
}
