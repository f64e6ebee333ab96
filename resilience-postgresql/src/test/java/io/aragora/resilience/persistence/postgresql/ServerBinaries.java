package io.aragora.resilience.persistence.postgresql;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tukaani.xz.XZInputStream;

/**
 * Where {@code initdb} and {@code postgres} are: in the folder that the property {@code postgres.bin} names, or installed as
 * Debian does, or in the archive that Maven has if there is one for this kind of machine.
 */
final class ServerBinaries {
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
  private static final String ARCHIVE = "postgres-linux-x86_64.txz";

  private ServerBinaries() {}

  /** Returns the folder; empty if there is none. */
  static Optional<Path> find(Path unpacked) throws IOException, InterruptedException {
    String named = System.getProperty("postgres.bin");
    Optional<Path> installed =
        named != null ? Optional.of(Path.of(named)).filter(ServerBinaries::isComplete) : debian();
    return installed.isPresent() ? installed : archive(unpacked);
  }

  private static boolean isComplete(Path bin) {
    return Files.isExecutable(bin.resolve("initdb")) && Files.isExecutable(bin.resolve("postgres"));
  }

  private static Optional<Path> debian() throws IOException {
    if (!Files.isDirectory(DEBIAN)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(DEBIAN)) {
      return versions
          .filter(version -> version.getFileName().toString().matches("[0-9]+"))
          .sorted(Comparator.comparing(
              version -> -Integer.parseInt(version.getFileName().toString())))
          .map(version -> version.resolve("bin"))
          .filter(ServerBinaries::isComplete)
          .findFirst();
    }
  }

  private static Optional<Path> archive(Path unpacked) throws IOException, InterruptedException {
    Path bin = unpacked.resolve("bin");
    if (isComplete(bin)) {
      return Optional.of(bin);
    }
    // On the class path, since no module requires it.
    InputStream archive = ClassLoader.getSystemResourceAsStream(ARCHIVE);
    if (archive == null) {
      return Optional.empty();
    }
    Files.createDirectories(unpacked);
    Process tar = new ProcessBuilder(List.of("tar", "-xf", "-", "-C", unpacked.toString()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .start();
    try (InputStream files = new XZInputStream(archive);
        OutputStream to = tar.getOutputStream()) {
      files.transferTo(to);
    }
    if (tar.waitFor() != 0 || !isComplete(bin)) {
      throw new IOException("the archive " + ARCHIVE + " was not unpacked");
    }
    return Optional.of(bin);
  }
}
