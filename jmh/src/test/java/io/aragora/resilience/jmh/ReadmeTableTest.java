package io.aragora.resilience.jmh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTableTest {
  @Test
  void main_twice_keepsOnlyTheLastTablesAndAllAround(@TempDir Path folder) throws IOException {
    Path readme = folder.resolve("README.md");
    Files.write(readme, List.of("before", ReadmeTable.START, "old", ReadmeTable.END, "after"));
    Path first = Files.write(folder.resolve("first.md"), List.of("first"));
    Path second = Files.write(folder.resolve("second.md"), List.of("second"));

    ReadmeTable.main(new String[] {readme.toString(), first.toString()});
    ReadmeTable.main(new String[] {readme.toString(), first.toString(), second.toString()});

    assertThat(Files.readAllLines(readme))
        .containsExactly(
            "before", ReadmeTable.START, "", "first", "", "second", "", ReadmeTable.END, "after");
  }

  @Test
  void replaced_noMarkers_isRefused() {
    assertThatThrownBy(() -> ReadmeTable.replaced(List.of(ReadmeTable.END), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(ReadmeTable.START);
  }
}
