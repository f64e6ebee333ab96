package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.lang.System.Logger.Level;
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
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A database on disk: the file itself, and those that SQLite puts beside it. They belong to their owner alone, where the
 * file system knows owners, because names and settings of breakers tell what an application depends on. Immutable.
 */
final class DatabaseFile {
  private static final GuardedLog LOG = GuardedLog.of(DatabaseFile.class);

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

  private final Path path;
  private final boolean posix;

  DatabaseFile(Path path) {
    this.path = path.toAbsolutePath().normalize();
    this.posix = path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  Path path() {
    return path;
  }

  /** Creates the folders that are missing, and locks out others who open the same file. */
  OpeningLock lockForOpening(int timeoutMillis) throws StateStoreException {
    if (Files.isDirectory(path)) {
      throw new StateStoreException(
          "cannot open " + path + ": it is a folder; name a file in it", null);
    }
    Path folder = path.getParent();
    try {
      if (folder != null && !Files.isDirectory(folder)) {
        Files.createDirectories(folder, wherePosix(OWNERS_FOLDER));
      }
    } catch (IOException e) {
      throw cannotCreate(e);
    }
    return OpeningLock.acquire(beside("-lock"), timeoutMillis, wherePosix(OWNERS_FILE));
  }

  /** Creates the file where it is missing. What SQLite puts beside it later takes its permissions. */
  void prepare() throws StateStoreException {
    try {
      create();
    } catch (IOException e) {
      throw cannotCreate(e);
    }
    for (String suffix : SUFFIXES) {
      restrict(beside(suffix));
    }
    if (!Files.isWritable(path)) {
      // SQLite would open it all the same, and fail at the first save.
      throw new StateStoreException(
          "cannot write " + path
              + "; let the user of this process write to it, or name another place",
          null);
    }
  }

  private StateStoreException cannotCreate(IOException e) {
    return new StateStoreException(
        "cannot create " + path + ": " + e
            + "; let the user of this process write to its folder, or name another place",
        e);
  }

  private void create() throws IOException {
    try {
      Files.createFile(path, wherePosix(OWNERS_FILE));
    } catch (FileAlreadyExistsException e) {
      LOG.log(Level.DEBUG, "{0} is there already", path);
    }
  }

  private FileAttribute<?>[] wherePosix(FileAttribute<?> owners) {
    return posix ? new FileAttribute<?>[] {owners} : new FileAttribute<?>[0];
  }

  /** Takes rights away and gives none: a file that its owner made read-only stays so, and is refused. */
  private void restrict(Path file) {
    try {
      if (posix) {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
        if (permissions.retainAll(OWNER_ONLY)) {
          Files.setPosixFilePermissions(file, permissions);
        }
      }
    } catch (NoSuchFileException e) {
      LOG.log(Level.TRACE, "{0} is not there", file);
    } catch (IOException e) {
      // A file of another user that we may write: of use all the same, and not ours to protect.
      LOG.log(Level.WARNING, file + " cannot be made its owner's alone: " + e);
    }
  }

  /**
   * Tells whether the file was cut off: an empty one is new, unless its log is not empty. SQLite would delete that log.
   * Looks at sizes alone, see {@link OpeningLock} for why nothing here opens the file.
   */
  boolean isCutOff() {
    return size(path) == 0 && size(log()) > 0;
  }

  /**
   * What is in the file's place.
   *
   * @param file identifies the file, where the file system can tell; else its path
   * @param log the same of its write-ahead log
   * @param size of the file, in bytes
   */
  record Present(Object file, Object log, long size) {}

  /** Looks what is in the file's place, where there is a file with a log. */
  Present present() throws StateStoreException {
    BasicFileAttributes file = readAttributes(path);
    return new Present(key(path, file), key(log(), readAttributes(log())), file.size());
  }

  private static BasicFileAttributes readAttributes(Path path) throws StateStoreException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (IOException e) {
      throw new StateStoreException(
          path + " is gone (" + e + "); it will be made anew when it is opened the next time", e);
    }
  }

  private static Object key(Path path, BasicFileAttributes attributes) {
    Object key = attributes.fileKey();
    return key == null ? path : key;
  }

  private static @Nullable Object keyOrNull(Path path) {
    try {
      return key(path, Files.readAttributes(path, BasicFileAttributes.class));
    } catch (IOException e) {
      return null;
    }
  }

  private Path log() {
    return beside("-wal");
  }

  /**
   * Renames the log of a file that is not in its place any more, unless it went with it. SQLite would take it for the log of
   * whatever file is there next, and write it into that.
   *
   * @param former the file
   */
  void setAsideLogOf(Present former) {
    if (former.file().equals(keyOrNull(path)) || !former.log().equals(keyOrNull(log()))) {
      return;
    }
    try {
      Path aside = asidePath(".replaced-");
      moveAside(aside, List.of("-wal", "-shm"));
      LOG.log(
          Level.WARNING,
          path + " was replaced while it was open: its log is set aside as " + aside + "-wal");
    } catch (StateStoreException | IOException e) {
      LOG.log(
          Level.WARNING,
          path + " was replaced while it was open, and its log cannot be set aside: " + e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return -1;
    }
  }

  /**
   * Renames the file, and those beside it, out of the way.
   *
   * @param finding what is wrong with it
   */
  void setAside(SQLException finding) throws StateStoreException {
    Path aside = asidePath(".corrupt-");
    try {
      moveAside(aside, SUFFIXES);
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

  private void moveAside(Path aside, List<String> suffixes) throws IOException {
    for (String suffix : suffixes) {
      if (Files.exists(beside(suffix))) {
        Files.move(beside(suffix), aside.resolveSibling(aside.getFileName() + suffix));
      }
    }
  }

  private Path asidePath(String why) throws StateStoreException {
    String stamp = why + UTC_STAMP.format(Instant.now());
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
