package io.aragora.resilience.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of statuses in {@code docs/grpc.md} is {@link StatusTable#defaults()}. */
class GrpcPageTest {
  private static final Pattern ROW = Pattern.compile(
      "^\\| (?<codes>(`[A-Z_]+`(, )?)+)[^|]*\\| (\\w+) \\| (\\w+) \\|", Pattern.MULTILINE);
  private static final Pattern CODE = Pattern.compile("`([A-Z_]+)`");

  @Test
  void everyStatus_hasItsRow() throws IOException {
    String page = Files.readString(Path.of("").toAbsolutePath().resolve("../../docs/grpc.md"));
    Map<String, String> rows = new TreeMap<>();
    ROW.matcher(page)
        .results()
        .forEach(row -> CODE.matcher(row.group(1))
            .results()
            .forEach(code -> rows.put(code.group(1), row.group(4) + " " + row.group(5))));

    Map<String, String> expected = new TreeMap<>();
    StatusTable table = StatusTable.defaults();
    for (Status.Code code : Status.Code.values()) {
      String counts =
          table.isFailure(code) ? "failure" : table.isIgnored(code) ? "nothing" : "success";
      String limit =
          table.isOverload(code) ? "overload" : code == Status.Code.OK ? "sample" : "nothing";
      expected.put(code.name(), counts + " " + limit);
    }
    assertThat(rows).isEqualTo(expected);
  }
}
