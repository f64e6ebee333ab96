package io.aragora.resilience.health.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;

/** Raw requests: the JDK's client does not allow every header. */
final class RawHttp {
  private RawHttp() {}

  /** Connects and sends a request; headers are lines without their ends. */
  static Socket send(HealthEndpoint endpoint, String line, String body, String... headers)
      throws IOException {
    Socket socket = new Socket(endpoint.uri().getHost(), endpoint.uri().getPort());
    socket.setSoTimeout(30_000);
    byte[] bytes = body.getBytes(UTF_8);
    StringBuilder head = new StringBuilder(line).append(" HTTP/1.1\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (bytes.length > 0) {
      head.append("Content-Length: ").append(bytes.length).append("\r\n");
    }
    socket.getOutputStream().write(head.append("\r\n").toString().getBytes(UTF_8));
    socket.getOutputStream().write(bytes);
    return socket;
  }

  /** Sends a request and gives all of the answer. */
  static String ask(HealthEndpoint endpoint, String line, String body, String... headers)
      throws IOException {
    try (Socket socket = send(endpoint, line, body, headers)) {
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  static int status(String answer) {
    return Integer.parseInt(answer.substring(9, 12));
  }

  static String bodyOf(String answer) {
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
  }
}
