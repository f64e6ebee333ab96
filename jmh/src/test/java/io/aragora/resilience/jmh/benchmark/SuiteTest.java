package io.aragora.resilience.jmh.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class SuiteTest {
  @Test
  void classes_allThatAreGenerated_areInIt() {
    List<String> generated = BenchmarkList.defaultList()
        .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
        .stream()
        .map(BenchmarkListEntry::getUsername)
        .collect(Collectors.toList());
    List<String> known = Suite.CLASSES.stream()
        .flatMap(benchmarks ->
            Suite.methods(benchmarks).map(method -> benchmarks.getName() + "." + method.getName()))
        .collect(Collectors.toList());
    assertThat(known).isNotEmpty().containsExactlyInAnyOrderElementsOf(generated);
  }

  @Test
  @Tag("GW-15")
  @Tag("HG-22")
  void paths_ofTheAllocationGate_areAsManyAsItWantsAndAreOurs() {
    assertThat(AllocationGate.paths())
        .hasSize(AllocationGate.PATHS)
        .allMatch(path -> path.contains(".ours"));
  }
}
