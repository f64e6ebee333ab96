package io.aragora.resilience.health.endpoint;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless browser of its own, with a profile of its own. */
final class Chromium implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");
  private static final Pattern SOCKET = Pattern.compile("\"webSocketDebuggerUrl\": *\"([^\"]+)\"");
  private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Process process;
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI socket;

  private Chromium(Process process, URI socket) {
    this.process = process;
    this.socket = socket;
  }

  /** Finds a browser on the path. */
  static Optional<Path> installed() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Chromium start(Path browser, Path profile) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(
            browser.toString(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--remote-debugging-port=0",
            "--user-data-dir=" + profile,
            "about:blank")
        .redirectErrorStream(true)
        .redirectOutput(profile.resolve("log").toFile())
        .start();
    try {
      return new Chromium(process, awaitSocket(process, profile));
    } catch (IOException | InterruptedException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Opens a page. */
  DevTools open() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(
            URI.create("http://" + socket.getAuthority() + "/json/new?about:blank"))
        .PUT(HttpRequest.BodyPublishers.noBody())
        .timeout(Duration.ofSeconds(30))
        .build();
    String answer = client.send(request, BodyHandlers.ofString()).body();
    Matcher socket = SOCKET.matcher(answer);
    if (!socket.find()) {
      throw new IOException("no page: " + answer);
    }
    return DevTools.connect(client, URI.create(socket.group(1)));
  }

  @Override
  public void close() {
    List<ProcessHandle> all =
        Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
    // Closed, not killed, so that it removes its files outside of its profile.
    client
        .newWebSocketBuilder()
        .buildAsync(socket, new WebSocket.Listener() {})
        .thenCompose(open -> open.sendText("{\"id\":1,\"method\":\"Browser.close\"}", true))
        .exceptionally(failure -> null)
        .join();
    process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
    all.forEach(ProcessHandle::destroyForcibly);
    // Or they still write to the profile, which is to be deleted.
    all.forEach(ended -> ended.onExit().orTimeout(30, TimeUnit.SECONDS).join());
  }

  /** Waits for the file with the browser's port. */
  private static URI awaitSocket(Process process, Path profile)
      throws IOException, InterruptedException {
    Path file = profile.resolve("DevToolsActivePort");
    long began = System.nanoTime();
    while (System.nanoTime() - began < START_NANOS) {
      if (Files.exists(file)) {
        List<String> lines = Files.readAllLines(file);
        if (lines.size() >= 2) {
          return URI.create("ws://127.0.0.1:" + lines.get(0) + lines.get(1));
        }
      }
      if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    throw new IOException("the browser did not start: " + Files.readString(profile.resolve("log")));
  }
}
