package io.aragora.resilience.core.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.RetryConfig;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way to name a file of settings, with each thing that may be there and is no file of a bounded size. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("any-jdk")
class HostileConfigFileTest {
  private static final List<String> KINDS = List.of(
      "a pipe without a writer",
      "a folder",
      "a socket",
      "/dev/zero",
      "/dev/null",
      "/dev/random",
      "/proc/self/fd",
      "a sparse file of 8 GiB");

  @TempDir
  private Path folder;

  /** A way to name the file. */
  enum Way {
    BUILDER {
      @Override
      Resilience build(Path file) {
        return Resilience.builder().configFile(file).build();
      }
    },
    SYSTEM_PROPERTY {
      @Override
      Resilience build(Path file) {
        System.setProperty(RuntimeSettings.FILE, file.toString());
        try {
          return Resilience.builder().build();
        } finally {
          System.clearProperty(RuntimeSettings.FILE);
        }
      }
    },
    CLASS_PATH {
      @Override
      Resilience build(Path file) throws Exception {
        Path root = Files.createDirectory(file.resolveSibling("root with a space"));
        Files.createSymbolicLink(root.resolve("resilience.properties"), file);
        try (URLClassLoader loader = new URLClassLoader(new URL[] {root.toUri().toURL()}, null)) {
          return Resilience.builder().classLoader(loader).build();
        }
      }
    },
    CLASS_PATH_WITHOUT_ESCAPES {
      @Override
      Resilience build(Path file) throws Exception {
        Path root = Files.createDirectory(file.resolveSibling("another root"));
        Files.createSymbolicLink(root.resolve("resilience.properties"), file);
        try (URLClassLoader loader =
            new URLClassLoader(new URL[] {new URL("file:" + root + "/")}, null)) {
          return Resilience.builder().classLoader(loader).build();
        }
      }
    };

    abstract Resilience build(Path file) throws Exception;
  }

  static Stream<Arguments> everyWayWithEveryKind() {
    return Arrays.stream(Way.values())
        .flatMap(way -> KINDS.stream()
            .flatMap(kind -> Stream.of(true, false).map(isLink -> arguments(way, kind, isLink))));
  }

  private Path planted(String kind) throws Exception {
    Path place = folder.resolve("planted");
    switch (kind) {
      case "a pipe without a writer" -> {
        Process process = new ProcessBuilder("mkfifo", place.toString()).start();
        assumeTrue(process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0, "mkfifo");
      }
      case "a folder" -> Files.createDirectory(place);
      case "a socket" -> {
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
          server.bind(UnixDomainSocketAddress.of(place));
        }
      }
      case "a sparse file of 8 GiB" -> {
        try (RandomAccessFile file = new RandomAccessFile(place.toFile(), "rw")) {
          file.setLength(1L << 33);
        }
      }
      default -> {
        assumeTrue(Files.exists(Path.of(kind)), kind);
        return Path.of(kind);
      }
    }
    return place;
  }

  @ParameterizedTest(name = "{0}, {1}, as a link {2}")
  @MethodSource("everyWayWithEveryKind")
  void build_noFileOfABoundedSize_isRejected(Way way, String kind, boolean isLink)
      throws Exception {
    Path planted = planted(kind);
    Path file = folder.resolve("file");
    if (isLink || way.name().startsWith("CLASS_PATH") || !planted.startsWith(folder)) {
      Files.createSymbolicLink(file, planted);
    } else {
      Files.move(planted, file);
    }

    assertThatThrownBy(() -> way.build(file).close())
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageMatching(
            "(configFile |file:)\\S.*: the file must "
                + (kind.contains("GiB")
                    ? "have at most 1048576 bytes; it has 8589934592"
                    : "be a regular file, or a link to one; it is a (folder|device, a pipe or a socket)"));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void build_linkToARegularFile_isRead(Way way) throws Exception {
    Path real = Files.writeString(folder.resolve("real"), "resilience.retry.maxAttempts=17");
    Path file = Files.createSymbolicLink(folder.resolve("file"), real);

    try (Resilience resilience = way.build(file)) {
      assertThat(resilience.retry("r", RetryConfig.defaults()).config().maxAttempts())
          .isEqualTo(17);
    }
  }
}
