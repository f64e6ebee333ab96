package io.aragora.resilience.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Puts measured tables between the markers of a Markdown file, in place of what was there. */
public final class ReadmeTable {
  static final String START = "<!-- benchmarks: start -->";
  static final String END = "<!-- benchmarks: end -->";

  private ReadmeTable() {}

  /**
   * Changes the file.
   *
   * @param args the file, then each {@code table.md} that is to be in it
   * @throws IOException if one cannot be read, or the file not be written
   */
  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[0]);
    List<String> tables = new ArrayList<>();
    for (int i = 1; i < args.length; i++) {
      tables.add("");
      tables.addAll(Files.readAllLines(Path.of(args[i])));
    }
    tables.add("");
    Files.write(file, replaced(Files.readAllLines(file), tables));
  }

  static List<String> replaced(List<String> lines, List<String> tables) {
    int start = lines.indexOf(START);
    int end = lines.indexOf(END);
    if (start < 0 || end < start) {
      throw new IllegalArgumentException(
          "the file must have the lines " + START + " and " + END + ", in this order");
    }
    List<String> result = new ArrayList<>(lines.subList(0, start + 1));
    result.addAll(tables);
    result.addAll(lines.subList(end, lines.size()));
    return result;
  }
}
