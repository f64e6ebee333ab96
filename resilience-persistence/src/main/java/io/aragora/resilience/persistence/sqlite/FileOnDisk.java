package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.GuardedLog;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One file of a database, or its path if it does not exist. Links are not followed. Immutable. */
final class FileOnDisk {
  private static final GuardedLog LOG = GuardedLog.of(FileOnDisk.class);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final FileAttribute<Set<PosixFilePermission>> OWNERS_FILE =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);
  private static final FileAttribute<Set<PosixFilePermission>> OWNERS_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final Set<OpenOption> FOR_LOCKING =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);

  private final Path path;

  FileOnDisk(Path path) {
    this.path = path;
  }

  static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  /** Creates a folder and its parents if they are missing, accessible to their owner only. */
  static void createFolders(@Nullable Path folder) throws IOException {
    if (folder != null && !Files.isDirectory(folder)) {
      Files.createDirectories(folder, ifPosix(folder, OWNERS_FOLDER));
    }
  }

  private static FileAttribute<?>[] ifPosix(Path path, FileAttribute<?> owners) {
    return isPosix(path) ? new FileAttribute<?>[] {owners} : new FileAttribute<?>[0];
  }

  private static boolean knows(Path path, String view) {
    return path.getFileSystem().supportedFileAttributeViews().contains(view);
  }

  private static boolean isPosix(Path path) {
    return knows(path, "posix");
  }

  /** Returns the reason why it cannot be a file of a database; null if it can, or does not exist. */
  @Nullable
  String finding() {
    try {
      BasicFileAttributes found = attributes(path);
      if (found.isSymbolicLink()) {
        return "it is a symbolic link";
      }
      if (found.isDirectory()) {
        return "it is a folder";
      }
      if (!found.isRegularFile()) {
        return "it is a device, a pipe or a socket";
      }
      int names = names();
      return names == 1 ? null : "it is a file of " + names + " names (hard links)";
    } catch (IOException e) {
      // It does not exist, or is not visible: then creating it fails, too, and reports the reason.
      return null;
    }
  }

  private int names() throws IOException {
    return knows(path, "unix")
            && Files.getAttribute(path, "unix:nlink", LinkOption.NOFOLLOW_LINKS)
                instanceof Integer n
        ? n
        : 1;
  }

  boolean hasContent() {
    try {
      return attributes(path).size() > 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Creates an empty file, accessible to its owner only, if it is missing. */
  void create() throws IOException {
    try {
      Files.createFile(path, ifPosix(path, OWNERS_FILE));
    } catch (FileAlreadyExistsException e) {
      LOG.log(Level.TRACE, "{0} is there already", path);
    }
  }

  /** Returns whether it was missing and has been created. */
  boolean createIfMissing() {
    try {
      Files.createFile(path, ifPosix(path, OWNERS_FILE));
      return true;
    } catch (IOException e) {
      LOG.log(Level.TRACE, "{0} is not created: {1}", path, e);
      return false;
    }
  }

  void deleteIfEmpty() {
    try {
      if (!hasContent()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, path + " cannot be deleted: " + e);
    }
  }

  FileChannel openForLocking() throws IOException {
    return FileChannel.open(path, FOR_LOCKING, ifPosix(path, OWNERS_FILE));
  }

  /** Removes permissions and adds none: a file that its owner made read-only stays so, and is rejected. */
  void restrict() {
    try {
      if (isPosix(path)) {
        Set<PosixFilePermission> permissions =
            Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS);
        if (permissions.retainAll(OWNER_ONLY)) {
          // By path: if told not to follow links, the JDK would open and close the file, which
          // drops SQLite's locks.
          Files.setPosixFilePermissions(path, permissions);
        }
      }
    } catch (NoSuchFileException e) {
      LOG.log(Level.TRACE, "{0} is not there", path);
    } catch (IOException e) {
      // A writable file of another user: usable, but its permissions belong to that user.
      LOG.log(Level.WARNING, path + " cannot be restricted to its owner: " + e);
    }
  }
}
