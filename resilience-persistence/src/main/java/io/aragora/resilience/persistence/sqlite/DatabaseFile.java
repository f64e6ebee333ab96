package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A database on disk: the file itself, and those that SQLite puts beside it. Only their owner can access them, if the
 * file system has owners, because names and settings of breakers reveal what an application depends on. Immutable.
 */
final class DatabaseFile {
  private static final GuardedLog LOG = GuardedLog.of(DatabaseFile.class);

  /** The database comes last: after a crash while it is set aside, the next opening still finds it. */
  private static final List<String> SUFFIXES = List.of("-wal", "-shm", "-journal", "");

  private static final DateTimeFormatter UTC_STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final int MAX_SET_ASIDE_NAMES = 1_000;

  private final Path path;

  DatabaseFile(Path path) {
    this.path = path.toAbsolutePath().normalize();
  }

  Path path() {
    return path;
  }

  /** Returns the location for the driver, as a URI in which no character of the path has a special meaning. */
  String url() {
    return "jdbc:sqlite:file://" + path.toUri().getRawPath();
  }

  /**
   * Returns this file, or the one that its symbolic link leads to. SQLite puts its files beside the latter.
   *
   * @throws StateStoreException if the target of the link does not exist
   */
  DatabaseFile target() throws StateStoreException {
    if (!Files.isSymbolicLink(path)) {
      return this;
    }
    try {
      return new DatabaseFile(path.toRealPath());
    } catch (IOException e) {
      throw rejected("it is a symbolic link that leads to no file (" + e + ")", e);
    }
  }

  /**
   * Rejects anything but regular files at the file's path and beside it, before any of them is opened or changed:
   * SQLite would follow a link, block on a pipe, and share a file with several names with another application.
   */
  void requireRegularFiles() throws StateStoreException {
    String finding = new FileOnDisk(path).finding();
    if (finding != null) {
      throw rejected(finding, null);
    }
    for (Path each :
        Stream.of("-wal", "-shm", "-journal", "-lock").map(this::beside).toList()) {
      String beside = new FileOnDisk(each).finding();
      if (beside != null) {
        throw new StateStoreException(
            "cannot open " + path + ": " + each + " must be a regular file, but " + beside
                + "; remove it, or let stateStore name another file",
            null);
      }
    }
  }

  private StateStoreException rejected(String finding, @Nullable IOException cause) {
    return new StateStoreException(
        "cannot open " + path + ": " + finding + "; let stateStore name a regular file", cause);
  }

  /**
   * Claims the file for this class loader.
   *
   * @throws StateStoreException if another class loader has it open
   */
  LoaderClaim claim() throws StateStoreException {
    Object key = keyOrNull(path);
    LoaderClaim claim = LoaderClaim.tryTo(key == null ? path : key);
    if (claim == null) {
      throw new StateStoreException(
          "cannot open " + path + ": another class loader of this process has it open, and each"
              + " would lose the other's saves; close it there, or let stateStore name another file",
          null);
    }
    return claim;
  }

  /** Creates missing folders, and locks out other processes that open the same file. */
  OpeningLock lockForOpening(int timeoutMillis) throws StateStoreException {
    try {
      FileOnDisk.createFolders(path.getParent());
    } catch (IOException e) {
      throw cannotCreate(e);
    }
    return OpeningLock.acquire(beside("-lock"), timeoutMillis);
  }

  /** Creates the file if it is missing. Files that SQLite later creates beside it have the same permissions. */
  void create() throws StateStoreException {
    try {
      new FileOnDisk(path).create();
    } catch (IOException e) {
      throw cannotCreate(e);
    }
    if (!Files.isWritable(path)) {
      // SQLite would still open it, and fail at the first save.
      throw new StateStoreException(
          "cannot write " + path
              + "; let the user of this process write to it, or let stateStore name another place",
          null);
    }
  }

  private StateStoreException cannotCreate(IOException e) {
    return new StateStoreException(
        "cannot create " + path + ": " + e
            + "; let the user of this process write to its folder, or let stateStore name another"
            + " place",
        e);
  }

  /** Restricts the files to their owner, once they are known to belong to this library. */
  void restrict() {
    for (String suffix : SUFFIXES) {
      new FileOnDisk(beside(suffix)).restrict();
    }
  }

  boolean hasContent() {
    return new FileOnDisk(path).hasContent();
  }

  Path logPath() {
    return beside("-wal");
  }

  FileOnDisk index() {
    return new FileOnDisk(beside("-shm"));
  }

  /**
   * Returns whether the file was cut off: an empty one is new, unless its log is not empty. SQLite would delete that log.
   * Reads sizes only; {@link OpeningLock} explains why this class must not open the file.
   */
  boolean isCutOff() {
    return !hasContent() && new FileOnDisk(logPath()).hasContent();
  }

  /**
   * The identity of the files at the database's paths.
   *
   * @param file identifies the file, if the file system supports it; else its path
   * @param log the same of its write-ahead log
   * @param index the same of the index of that log
   * @param size of the file, in bytes
   */
  record Present(Object file, Object log, Object index, long size) {}

  /** Reads the identity of the files, if there is a file with a log. */
  Present present() throws StateStoreException {
    BasicFileAttributes file = readAttributes(path);
    Path log = logPath();
    Path index = beside("-shm");
    return new Present(
        key(path, file),
        key(log, readAttributes(log)),
        key(index, readAttributes(index)),
        file.size());
  }

  private static BasicFileAttributes readAttributes(Path path) throws StateStoreException {
    try {
      return FileOnDisk.attributes(path);
    } catch (IOException e) {
      throw new StateStoreException(
          path + " is gone (" + e + "); the next opening will create it again", e);
    }
  }

  private static Object key(Path path, BasicFileAttributes attributes) {
    Object key = attributes.fileKey();
    return key == null ? path : key;
  }

  private static @Nullable Object keyOrNull(Path path) {
    try {
      return key(path, FileOnDisk.attributes(path));
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Renames the log of a file that was moved or deleted, unless the log was moved with it. SQLite would otherwise treat
   * it as the log of the next file at this path, and write it into that.
   *
   * @param former the file
   */
  void setAsideLogOf(Present former) {
    if (former.file().equals(keyOrNull(path)) || !former.log().equals(keyOrNull(logPath()))) {
      return;
    }
    try {
      Path aside = asidePath(".replaced-", Instant.now());
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

  /**
   * Renames the file, and those beside it, to set them aside.
   *
   * @param finding the damage
   */
  void setAside(SQLException finding) throws StateStoreException {
    Path aside = asidePath(".corrupt-", Instant.now());
    try {
      moveAside(aside, SUFFIXES);
    } catch (IOException e) {
      throw new StateStoreException(
          path + " is damaged (" + finding.getMessage() + ") and cannot be renamed to " + aside
              + ": " + e
              + "; let the user of this process write to its folder, or move it by hand, or let"
              + " stateStore name another file",
          e);
    }
    LOG.log(
        Level.WARNING,
        path + " is damaged (" + finding.getMessage() + "): set aside as " + aside
            + ", starting a new one");
  }

  private void moveAside(Path aside, List<String> suffixes) throws IOException {
    for (String suffix : suffixes) {
      if (Files.exists(beside(suffix), LinkOption.NOFOLLOW_LINKS)) {
        Files.move(beside(suffix), named(aside, suffix));
      }
    }
  }

  /** Returns a name that is free with every suffix; a link without a target occupies its name, too. */
  Path asidePath(String why, Instant now) throws StateStoreException {
    String stamp = why + UTC_STAMP.format(now);
    for (int i = 0; i < MAX_SET_ASIDE_NAMES; i++) {
      Path candidate = beside(i == 0 ? stamp : stamp + "." + i);
      if (SUFFIXES.stream()
          .noneMatch(suffix -> Files.exists(named(candidate, suffix), LinkOption.NOFOLLOW_LINKS))) {
        return candidate;
      }
    }
    throw new StateStoreException(
        "no free name to set " + path + " aside: " + MAX_SET_ASIDE_NAMES
            + " files of this millisecond are there; move them away",
        null);
  }

  private Path beside(String suffix) {
    return named(path, suffix);
  }

  private static Path named(Path path, String suffix) {
    return path.resolveSibling(path.getFileName() + suffix);
  }
}
