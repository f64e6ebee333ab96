package io.aragora.resilience.persistence.sqlite;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands by which {@link ChildJvm} starts in a world with less in it. If the machine does not permit that, the test says
 * so and is skipped.
 */
final class Sandbox {
  /** Mounts the rest of the options, and becomes what comes after the folder. */
  private static final String MOUNT =
      "mount -t tmpfs -o \"$0\" tmpfs \"$1\" && shift && exec \"$@\"";

  /** As root, or as a user who may be root in a user namespace. */
  private static final List<String> NAMESPACES = List.of("-m", "-rm");

  private Sandbox() {}

  /**
   * Mounts an empty file system over a folder, visible to the child only, which ends with it.
   *
   * @param folder the folder
   * @param options of a mounted tmpfs, such as {@code size=1m}
   */
  static List<String> withFileSystem(Path folder, String options)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    for (String namespace : NAMESPACES) {
      List<String> command = new ArrayList<>(
          List.of("unshare", namespace, "sh", "-c", MOUNT, options, folder.toString()));
      if (succeeds(command)) {
        return command;
      }
    }
    assumeTrue(false, "skipped: this machine does not allow mounting a file system in a namespace");
    return List.of();
  }

  private static boolean succeeds(List<String> starter) throws InterruptedException {
    List<String> command = new ArrayList<>(starter);
    command.add("true");
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      // There is no such command here.
      return false;
    }
  }

  /** Takes the right away to write what permissions forbid, which root has. Other users never had it. */
  static List<String> withoutPrivileges() throws InterruptedException {
    if (!Files.isWritable(Path.of("/"))) {
      return List.of();
    }
    List<String> command = List.of("setpriv", "--inh-caps=-all", "--bounding-set=-all");
    assumeTrue(
        succeeds(command), "skipped: this user may write everywhere, and there is no setpriv");
    return command;
  }
}
