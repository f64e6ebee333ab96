package io.aragora.resilience.consumers;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The sample for Spring Boot as a process of its own, on free ports, whose breakers stay open until they are reset. */
final class ShopProcess implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(180);
  private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");
  private static final Pattern PAGE = Pattern.compile("endpoint of runtime shop listens at (\\S+)");

  private final HttpClient client = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;

  private ShopProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static ShopProcess start(Path folder) throws IOException {
    Path log = folder.resolve("target").resolve("shop.log");
    ProcessBuilder builder = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-jar",
            "target/spring-boot-shop.jar",
            "--server.port=0",
            "--resilience.endpoint.port=0",
            "--resilience.circuit-breaker.supplier.cooldown=1h")
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile());
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    return new ShopProcess(builder.start(), log);
  }

  /** The address of the shop. */
  URI shop() throws IOException, InterruptedException {
    return URI.create("http://127.0.0.1:" + logged(PORT));
  }

  /** The address of the live page. */
  URI livePage() throws IOException, InterruptedException {
    return URI.create(logged(PAGE));
  }

  private String logged(Pattern line) throws IOException, InterruptedException {
    long began = System.nanoTime();
    while (System.nanoTime() - began < PATIENCE_NANOS) {
      Matcher found = line.matcher(log());
      if (found.find()) {
        return found.group(1);
      }
      if (process.waitFor(50, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    throw new IOException("the shop did not log '" + line + "': " + log());
  }

  String log() throws IOException {
    return Files.readString(log);
  }

  /** Returns the status and the body of an answer. */
  String get(String path) throws IOException, InterruptedException {
    return answer(HttpRequest.newBuilder(shop().resolve(path)).build());
  }

  String get(URI address) throws IOException, InterruptedException {
    return answer(HttpRequest.newBuilder(address).build());
  }

  String post(String path, String json) throws IOException, InterruptedException {
    return answer(HttpRequest.newBuilder(shop().resolve(path))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(json))
        .build());
  }

  private String answer(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
    return answer.statusCode() + " " + answer.body();
  }

  /** Ends the process as an orchestrator does, and waits for its end. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(Duration.ofSeconds(60).toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("the shop did not end within 60 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }
}
