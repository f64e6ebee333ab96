package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A database on disk: the file itself, and those that SQLite puts beside it. They belong to their owner alone, where the
 * file system knows owners, because names and settings of breakers tell what an application depends on. Immutable.
 */
final class DatabaseFile {
  private static final System.Logger LOG = System.getLogger(DatabaseFile.class.getName());

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<Set<PosixFilePermission>> OWNERS_FILE =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);
  private static final FileAttribute<Set<PosixFilePermission>> OWNERS_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  /** The database comes last, so that a crash while it is set aside never leaves it without its log, but found again. */
  private static final List<String> SUFFIXES = List.of("-wal", "-shm", "-journal", "");

  private static final DateTimeFormatter UTC_STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final int MAX_SET_ASIDE_NAMES = 1_000;

  private static final byte[] HEADER = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

  private final Path path;
  private final boolean posix;

  DatabaseFile(Path path) {
    this.path = path.toAbsolutePath().normalize();
    this.posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  Path path() {
    return path;
  }

  /** Creates what is missing. What SQLite creates later takes the permissions of the database. */
  void prepare() throws StateStoreException {
    try {
      Path folder = path.getParent();
      if (folder != null && !Files.isDirectory(folder)) {
        Files.createDirectories(folder, attributes(OWNERS_FOLDER));
      }
      if (Files.isDirectory(path)) {
        throw new StateStoreException(
            "cannot open " + path + ": it is a folder; name a file in it", null);
      }
      create();
    } catch (IOException | UnsupportedOperationException e) {
      throw new StateStoreException(
          "cannot create " + path + ": " + e
              + "; let the user of this process write to its folder, or name another place",
          e);
    }
    for (String suffix : SUFFIXES) {
      restrict(beside(suffix));
    }
  }

  private void create() throws IOException {
    try {
      Files.createFile(path, attributes(OWNERS_FILE));
    } catch (FileAlreadyExistsException e) {
      LOG.log(Level.DEBUG, "{0} is there already", path);
    }
  }

  private FileAttribute<?>[] attributes(FileAttribute<?> owners) {
    return posix ? new FileAttribute<?>[] {owners} : new FileAttribute<?>[0];
  }

  private void restrict(Path file) {
    try {
      if (posix && !Files.getPosixFilePermissions(file).equals(OWNER_ONLY)) {
        Files.setPosixFilePermissions(file, OWNER_ONLY);
      }
    } catch (NoSuchFileException e) {
      LOG.log(Level.TRACE, "{0} is not there", file);
    } catch (IOException e) {
      // A file of another user that we may write: of use all the same, and not ours to protect.
      LOG.log(Level.WARNING, file + " cannot be made its owner's alone: " + e);
    }
  }

  /**
   * Looks at the first bytes, before SQLite does, which would merge the log into whatever this is and then delete the log.
   *
   * @throws SQLException if this is no database; an empty file is a new one, unless something has cut it off
   */
  void requireDatabase() throws SQLException, StateStoreException {
    byte[] start;
    try (InputStream content = Files.newInputStream(path)) {
      start = content.readNBytes(HEADER.length);
    } catch (IOException e) {
      throw new StateStoreException(
          "cannot read " + path + ": " + e + "; let the user of this process read it", e);
    }
    if (start.length > 0 && !Arrays.equals(start, HEADER)) {
      throw SqliteFailure.corrupt("it does not begin as a database does");
    }
    if (start.length == 0 && size(beside("-wal")) > 0) {
      throw SqliteFailure.corrupt("it is empty although its log is not");
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return -1;
    }
  }

  /** Gives what stays the same while the file at this path is the same one; null where the system does not tell. */
  @Nullable
  Object identity() {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Renames the file, and those beside it, out of the way.
   *
   * @param identity of the file that is meant: where another process has put it aside, the new one stays
   * @param finding what is wrong with it
   */
  void setAside(@Nullable Object identity, SQLException finding) throws StateStoreException {
    if (!Objects.equals(identity, identity())) {
      return;
    }
    Path aside = asidePath();
    try {
      for (String suffix : SUFFIXES) {
        if (Files.exists(beside(suffix))) {
          Files.move(beside(suffix), aside.resolveSibling(aside.getFileName() + suffix));
        }
      }
    } catch (IOException e) {
      throw new StateStoreException(
          path + " is damaged (" + finding.getMessage() + ") and cannot be renamed to " + aside
              + ": " + e + "; let the user of this process write to its folder, or move it by hand",
          e);
    }
    LOG.log(
        Level.WARNING,
        path + " is damaged (" + finding.getMessage() + "): set aside as " + aside
            + ", starting a new one");
  }

  private Path asidePath() throws StateStoreException {
    String stamp = ".corrupt-" + UTC_STAMP.format(Instant.now());
    for (int i = 0; i < MAX_SET_ASIDE_NAMES; i++) {
      Path candidate = beside(i == 0 ? stamp : stamp + "." + i);
      if (Files.notExists(candidate)) {
        return candidate;
      }
    }
    throw new StateStoreException(
        "no free name to set " + path + " aside: " + MAX_SET_ASIDE_NAMES
            + " files of this millisecond are there; move them away",
        null);
  }

  private Path beside(String suffix) {
    return path.resolveSibling(path.getFileName() + suffix);
  }
}
