package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that answers what no Redis answers. */
class HostileServerTest {
  private ServerSocket socket;
  private volatile String answer = "";
  private volatile String greeting = "+PONG\r\n";

  @BeforeEach
  void listen() throws IOException {
    socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "hostile");
    thread.setDaemon(true);
    thread.start();
  }

  @AfterEach
  void end() throws IOException {
    socket.close();
  }

  private void serve() {
    while (true) {
      try (Socket client = socket.accept()) {
        serve(client);
      } catch (IOException e) {
        if (socket.isClosed()) {
          return;
        }
      }
    }
  }

  /** Answers a script with the answer, and other commands with the greeting. */
  private void serve(Socket client) throws IOException {
    InputStream in = client.getInputStream();
    OutputStream out = client.getOutputStream();
    byte[] buffer = new byte[10_000];
    for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
      String commands = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
      boolean isScript = commands.contains("EVALSHA");
      String text = isScript ? answer : greeting.repeat(commands.split("\\*[0-9]+\r\n").length - 1);
      if (text.equals("endless")) {
        out.write("$500000000\r\n".getBytes(StandardCharsets.ISO_8859_1));
        while (true) {
          out.write(buffer);
        }
      }
      out.write(text.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
    }
  }

  private String location(String userInfo) {
    return "redis://" + userInfo + "127.0.0.1:" + socket.getLocalPort();
  }

  private QuotaStore open(String userInfo) throws QuotaStoreException {
    return new RedisQuotaStoreProvider().open(location(userInfo));
  }

  private QuotaStore patient() throws QuotaStoreException {
    return new RedisQuotaStoreProvider().open(location("") + "?timeoutMillis=10000");
  }

  private static QuotaRequest request() {
    return QuotaRequest.builder().quota("q").settings("s").wanted(5).build();
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }

  @Test
  void lease_validAnswer_isUnderstood() throws Exception {
    try (QuotaStore store = patient()) {
      answer = bulk("5 -1.5 3 ");
      assertThat(store.lease(request()).left()).isEqualTo(-1.5);
      answer = bulk("0 1e300 3 limit = 9");
      assertThat(store.lease(request()).otherSettings()).isEqualTo("limit = 9");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1 1 1",
        "6 1 1 ",
        "-1 1 1 ",
        "1 NaN 1 ",
        "1 Infinity 1 ",
        "1 x 1 ",
        "1 1 0 ",
        "1 1 10001 ",
        "1 1 1 other",
        "99999999999 1 1 ",
        "1 1 1e3 "
      })
  @DisplayName("an answer that the script never gives is an error")
  void lease_nonsense_isAnError(String text) throws Exception {
    answer = bulk(text);
    try (QuotaStore store = patient()) {
      assertThatThrownBy(() -> store.lease(request()))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("not one of the script");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$-1\r\n",
        ":5\r\n",
        "*2147483647\r\n",
        "*2\r\n:1\r\n:1\r\n",
        "*-1\r\n",
        "+OK\r\n",
        "$9999999999999999999999\r\n",
        "-ERR \n",
        "-\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "endless"
      })
  @DisplayName("an answer of another form, without end, or of another protocol, is an error")
  void lease_anotherForm_isAnError(String text) throws Exception {
    answer = text;
    long begun = System.nanoTime();
    try (QuotaStore store = Await.opened(location(""))) {
      assertThatThrownBy(() -> store.lease(request())).isInstanceOf(QuotaStoreException.class);
    }
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun)).isLessThan(60);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-ERR unknown command `AUTH`, with args beginning with: `secret`,\r\n",
        "-secret\r\n",
        "-SECRET secret\r\n",
        "HTTP/1.1 400 secret\r\n\r\n"
      })
  @DisplayName("a server that repeats the password in its error does not get it into a message")
  void open_passwordRepeated_isNotShown(String text) {
    greeting = text;

    assertThatThrownBy(() -> open("me:secret@"))
        .isInstanceOf(QuotaStoreException.class)
        .satisfies(e -> {
          for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            assertThat(String.valueOf(cause.getMessage())).doesNotContain("secret");
          }
        });
  }

  @Test
  @DisplayName("a server that accepts connections and says nothing is given up")
  void open_silent_isGivenUp() {
    greeting = "";
    long begun = System.nanoTime();

    assertThatThrownBy(() -> open(""))
        .isInstanceOf(QuotaStoreException.class)
        .hasMessageContaining("no answer within 2000 ms");
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun)).isLessThan(60);
  }
}
