package io.aragora.resilience.examples.demo;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Finds threads and ports that are left after closing. */
final class Leftovers {
  private final List<Integer> ports = new ArrayList<>();

  /** Remembers a port that is to be free at the end. */
  void watchPort(int port) {
    ports.add(port);
  }

  void claimNone(Verdict verdict) throws InterruptedException {
    List<String> threads = Threads.left();
    List<Integer> taken = ports.stream().filter(Leftovers::isTaken).toList();
    boolean none = threads.isEmpty() && taken.isEmpty();
    verdict.claim(
        "closed everything",
        none,
        none
            ? "no thread is left, and the ports " + ports + " are free"
            : "left behind: threads " + threads + ", ports " + taken);
  }

  private static boolean isTaken(int port) {
    try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort() != port;
    } catch (IOException e) {
      return true;
    }
  }
}
