package io.aragora.resilience.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real server on a free port of the loopback address, in a folder of the build, which saves nothing. It ends with the test's
 * JVM, however that ends: a shell waits for the end of its input, which comes from here.
 */
final class RedisServer implements AutoCloseable {
  static final String PASSWORD = "correct horse & battery/staple?";
  private static final String ENCODED_PASSWORD = "correct%20horse%20%26%20battery%2Fstaple%3F";

  /** Kills the server when the input ends, and ends when the server does. */
  private static final String WATCH =
      "exec 3<&0; \"$@\" </dev/null & server=$!; echo $server > pid;"
          + " { read -r line <&3; kill -KILL $server; } & reader=$!; wait $server; kill $reader";

  private static final List<String> PROGRAMS = List.of("redis-server", "valkey-server");
  private static final AtomicInteger PREFIXES = new AtomicInteger();
  private static @Nullable RedisServer shared;

  private final Path program;
  private final Path folder;
  private final int port;
  private final List<String> settings;
  private @Nullable Process process;

  private RedisServer(Path program, Path folder, int port, List<String> settings) {
    this.program = program;
    this.folder = folder;
    this.port = port;
    this.settings = settings;
  }

  /** Returns the server of this run, whose prefixes tell tests apart; skips the test if there is no server. */
  static synchronized RedisServer shared() throws Exception {
    if (shared == null) {
      shared = start();
    }
    return shared;
  }

  /** Starts a server of the caller's own; skips the test if there is no server. */
  static RedisServer start(String... settings) throws Exception {
    Optional<Path> program = program();
    Assumptions.assumeTrue(
        program.isPresent(),
        "skipped: neither redis-server nor valkey-server is on the path, nor named by the property"
            + " redis.server");
    Path folder = Files.createTempDirectory(Path.of(System.getProperty("java.io.tmpdir")), "redis");
    RedisServer server =
        new RedisServer(program.get(), folder, freePort(), Arrays.asList(settings));
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "redis-end"));
    server.launch();
    return server;
  }

  private static Optional<Path> program() {
    String named = System.getProperty("redis.server");
    if (named != null) {
      return Optional.of(Path.of(named)).filter(Files::isExecutable);
    }
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return PROGRAMS.stream()
        .flatMap(name ->
            Arrays.stream(path.split(File.pathSeparator)).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Starts it, again and empty, and waits until it answers. */
  void launch() throws Exception {
    List<String> command = new ArrayList<>(List.of("sh", "-c", WATCH, "sh", program.toString()));
    command.addAll(List.of("--port", "" + port, "--bind", "127.0.0.1", "--save", ""));
    command.addAll(List.of("--appendonly", "no", "--requirepass", PASSWORD));
    command.addAll(settings);
    Path log = folder.resolve("server.log");
    Process started = new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
    process = started;
    Await.until("the server listens", () -> {
      if (!started.isAlive()) {
        throw new IOException("the server ended: " + Files.readString(log));
      }
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
        return true;
      } catch (IOException e) {
        return false;
      }
    });
  }

  /** Kills it, so that it loses everything. */
  void kill() throws Exception {
    Process running = process;
    process = null;
    if (running != null) {
      running.getOutputStream().close();
      if (!running.waitFor(30, TimeUnit.SECONDS)) {
        running.destroyForcibly();
        throw new IOException("the server did not end within 30 s");
      }
    }
  }

  /** Stops it where it is, or lets it continue. */
  void signal(String signal) throws Exception {
    String pid = Files.readString(folder.resolve("pid")).strip();
    if (new ProcessBuilder("sh", "-c", "kill -" + signal + " " + pid)
            .inheritIO()
            .start()
            .waitFor()
        != 0) {
      throw new IOException("no signal " + signal + " for " + pid);
    }
  }

  int port() {
    return port;
  }

  Path folder() {
    return folder;
  }

  /** Returns the location with the default timeout. */
  String location() {
    return "redis://:" + ENCODED_PASSWORD + "@127.0.0.1:" + port;
  }

  static String newPrefix() {
    return "test" + PREFIXES.incrementAndGet();
  }

  /** Returns the location of an empty store that also answers in time if the machine is busy. */
  String patient(String prefix) {
    return location() + "?timeoutMillis=10000&prefix=" + prefix;
  }

  /** Returns the number of connections that were opened, this question's included. */
  long connected() {
    return run(redis -> redis.info("stats"))
        .lines()
        .filter(line -> line.startsWith("total_connections_received:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
        .findFirst()
        .orElseThrow();
  }

  <T> T run(Function<RedisCommands<String, String>, T> commands) {
    RedisClient client = RedisClient.create(RedisURI.Builder.redis("127.0.0.1", port)
        .withPassword((CharSequence) PASSWORD)
        .build());
    client.setOptions(
        ClientOptions.builder().protocolVersion(ProtocolVersion.RESP2).build());
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      return commands.apply(connection.sync());
    } finally {
      client.shutdown(0, 1, TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() {
    try {
      kill();
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    } catch (java.nio.file.NoSuchFileException e) {
      // Closed before.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
