package io.aragora.resilience.persistence.postgresql;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A real server on a free port of the loopback address, in a folder of the build, without Unix
 * sockets. It ends with the test's JVM, however that ends: a shell waits for the end of its input,
 * which comes from here.
 */
public final class PostgresServer implements AutoCloseable {
  static final String USER = "owner";
  static final String PASSWORD = "correct horse & battery/staple?";
  private static final String ENCODED_PASSWORD = "correct%20horse%20%26%20battery%2Fstaple%3F";

  /** Ends the server, which is told to end soon and to lose no committed change, when the input ends. */
  private static final String WATCH =
      "exec 3<&0; \"$@\" </dev/null & server=$!; read -r line <&3; kill -INT $server; wait $server";

  /** PostgreSQL does not run as root. */
  private static final List<String> USERS = List.of("postgres", "nobody");

  private static final AtomicInteger SCHEMAS = new AtomicInteger();
  private static @Nullable PostgresServer shared;

  private final Path bin;
  private final Path folder;
  private final List<String> asUser;
  private final int port;
  private @Nullable Process process;

  private PostgresServer(Path bin, Path folder, List<String> asUser, int port) {
    this.bin = bin;
    this.folder = folder;
    this.asUser = asUser;
    this.port = port;
  }

  /** Returns the server of this run, whose schemas tell tests apart; skips the test if there is no PostgreSQL. */
  public static synchronized PostgresServer shared() throws Exception {
    if (shared == null) {
      shared = start();
    }
    return shared;
  }

  /** Starts a server of the caller's own; skips the test if there is no PostgreSQL. */
  static PostgresServer start() throws Exception {
    List<String> asUser = List.of();
    Path target = Path.of(System.getProperty("java.io.tmpdir"));
    String user = System.getProperty("user.name");
    if (user.equals("root")) {
      user = USERS.stream().filter(PostgresServer::exists).findFirst().orElse(null);
      Assumptions.assumeTrue(
          user != null && succeeds(List.of("setpriv", "--version")),
          "skipped: PostgreSQL does not run as root, and there is no other user or no setpriv");
      asUser = List.of("setpriv", "--reuid=" + user, "--regid=" + id(user), "--clear-groups");
      if (!succeeds(concat(asUser, List.of("test", "-x", target.toString())))) {
        target = Path.of("/tmp");
      }
    }
    Optional<Path> bin =
        ServerBinaries.find(target.resolve("postgresql-server-" + System.getProperty("user.name")));
    Assumptions.assumeTrue(
        bin.isPresent(),
        "skipped: PostgreSQL is not installed, and Maven has no archive of it for this machine");
    Path folder = Files.createTempDirectory(target, "postgresql");
    Files.setOwner(
        folder, folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user));
    PostgresServer server = new PostgresServer(bin.get(), folder, asUser, freePort());
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "postgresql-end"));
    server.initialize();
    server.launch();
    return server;
  }

  private static boolean exists(String user) {
    return succeeds(List.of("id", "-u", user));
  }

  private static String id(String user) throws IOException {
    return new String(
            new ProcessBuilder("id", "-g", user).start().getInputStream().readAllBytes())
        .strip();
  }

  private static boolean succeeds(List<String> command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static List<String> concat(List<String> first, List<String> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void initialize() throws IOException, InterruptedException {
    Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    Path log = folder.resolve("initdb.log");
    int exit = builder(
            List.of(
                bin.resolve("initdb").toString(),
                "--pgdata=" + folder.resolve("data"),
                "--username=" + USER,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"),
            log)
        .start()
        .waitFor();
    Files.delete(password);
    if (exit != 0) {
      throw new IOException("initdb failed: " + Files.readString(log));
    }
  }

  private ProcessBuilder builder(List<String> command, Path log) {
    ProcessBuilder builder = new ProcessBuilder(concat(asUser, command))
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    return builder;
  }

  /** Starts it, again, and waits until it answers. */
  void launch() throws Exception {
    List<String> command = new ArrayList<>(List.of(
        "sh",
        "-c",
        WATCH,
        "sh",
        bin.resolve("postgres").toString(),
        "-D",
        "data",
        "-p",
        "" + port));
    for (String setting : List.of(
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "shared_buffers=16MB",
        "max_connections=60")) {
      command.addAll(List.of("-c", setting));
    }
    Path log = folder.resolve("server.log");
    Process started = builder(command, log).start();
    process = started;
    Await.until("the server answers", () -> {
      if (!started.isAlive()) {
        throw new IOException("the server ended: " + Files.readString(log));
      }
      try (Connection connection = DatabaseLocation.parse(location()).connect()) {
        return connection.isValid(5);
      } catch (SQLException e) {
        return false;
      }
    });
  }

  /** Ends it as an administrator would, and keeps its data. */
  void stop() throws Exception {
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

  int port() {
    return port;
  }

  String location() {
    return location(USER, ENCODED_PASSWORD);
  }

  String location(String user, String password) {
    return "postgresql://127.0.0.1:" + port + "/postgres?user=" + user + "&password=" + password;
  }

  /** Returns the location of an empty schema. */
  public String newSchema() throws SQLException {
    String schema = "schema" + SCHEMAS.incrementAndGet();
    execute(location(), "CREATE SCHEMA " + schema);
    return location() + "&currentSchema=" + schema;
  }

  static int execute(String location, String sql) throws SQLException {
    try (Connection connection = DatabaseLocation.parse(location).connect();
        Statement statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  /** Stops one process of the server where it is, or lets it continue. */
  static void signal(String signal, String process) throws IOException, InterruptedException {
    List<String> kill = List.of("sh", "-c", "kill -" + signal + " " + process);
    if (new ProcessBuilder(kill).inheritIO().start().waitFor() != 0) {
      throw new IOException("no signal " + signal + " for " + process);
    }
  }

  @Override
  public void close() {
    try {
      stop();
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
