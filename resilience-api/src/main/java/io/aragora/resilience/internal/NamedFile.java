package io.aragora.resilience.internal;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * The rule for a file that a setting names: a regular file, or a link to one, of at most {@value #MAX_BYTES} bytes. A pipe without a
 * writer would block the thread that opens it, and a device may have no end. Stateless and thread-safe.
 */
public final class NamedFile {
  /** The largest size, in bytes. */
  public static final int MAX_BYTES = 1 << 20;

  private NamedFile() {}

  /**
   * Returns which part of the rule a path breaks. Opens nothing.
   *
   * @param path the path
   * @return as {@link #finding(Path, int)} does, of {@value #MAX_BYTES} bytes
   */
  public static @Nullable String finding(Path path) {
    return finding(path, MAX_BYTES);
  }

  /**
   * Returns which part of the rule a path breaks. Opens nothing.
   *
   * @param path the path
   * @param most the largest size, in bytes
   * @return the rule and what is there; null if the file follows the rule, or if its attributes cannot be read: the thread that opens it
   *     then receives the reason
   */
  public static @Nullable String finding(Path path, int most) {
    BasicFileAttributes found;
    try {
      found = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (IOException e) {
      return null;
    }
    if (!found.isRegularFile()) {
      return "must be a regular file, or a link to one; it is "
          + (found.isDirectory() ? "a folder" : "a device, a pipe or a socket");
    }
    return found.size() <= most
        ? null
        : "must have at most " + most + " bytes; it has " + found.size();
  }

  /**
   * Returns the path that a URL stands for.
   *
   * @param url the URL
   * @return the path; null if the URL does not stand for a file of its own, as that of an entry of a jar
   */
  public static @Nullable Path path(URL url) {
    if (!url.getProtocol().equals("file")) {
      return null;
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException | IllegalArgumentException e) {
      return plainPath(url);
    }
  }

  /** A class loader may have made the URL of a path as it is, without escapes. */
  private static @Nullable Path plainPath(URL url) {
    try {
      return new File(url.getPath()).toPath();
    } catch (InvalidPathException e) {
      return null;
    }
  }
}
