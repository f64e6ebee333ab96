package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompareTest {
  private static final Forks BEFORE = new Forks(List.of(10.0, 10.5, 11.0));

  @Test
  void verdict_everyForkIsBetter_isFaster() {
    assertThat(Compare.verdict(BEFORE, new Forks(List.of(9.9, 9.5, 9.0)))).isEqualTo("faster");
    assertThat(Compare.verdict(BEFORE, new Forks(List.of(11.1, 12.0, 12.5)))).isEqualTo("slower");
  }

  @Test
  void verdict_forksOverlap_isTheSame() {
    assertThat(Compare.verdict(BEFORE, new Forks(List.of(10.0, 9.5, 9.0)))).isEqualTo("same");
  }

  @Test
  void verdict_forksDifferOrAreTooFew_isNone() {
    assertThat(Compare.verdict(BEFORE, new Forks(List.of(1.0, 1.0, 5.0))))
        .isEqualTo("forks differ");
    assertThat(Compare.verdict(BEFORE, new Forks(List.of(1.0, 1.0)))).isEqualTo("too few forks");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.jar b.jar           | there must be two jars and an expression: [a.jar, b.jar]",
        "--forks 0 a b c       | --forks must be at least 1: 0",
        "--forks many a b c    | --forks must be a number: many",
        "--forks               | --forks must have a value",
        "--jdk nowhere a b c   | --jdk must be a folder with bin/java: nowhere",
        "--knives 3 a b c      | there is no option --knives",
        "no.jar no.jar Closed  | a jar must be a file that can be read: no.jar"
      })
  void parse_invalid_saysWhat(String args, String message) {
    assertThatThrownBy(() -> new Compare().parse(args.split(" ")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void parse_twoJarsAndAnExpression_isAccepted(@TempDir Path folder) throws Exception {
    String jar = Files.writeString(folder.resolve("a.jar"), "").toString();
    new Compare().parse(new String[] {"--forks", "5", "--millis", "10", jar, jar, "Closed"});
  }
}
