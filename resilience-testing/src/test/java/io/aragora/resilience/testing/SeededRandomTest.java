package io.aragora.resilience.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeededRandomTest {
  @Test
  void draw_sameArguments_sameNumber() {
    double first = new SeededRandom(7).draw("db", 3, 1);

    assertThat(new SeededRandom(7).draw("db", 3, 1)).isEqualTo(first);
  }

  @Test
  void draw_anyArgumentDiffers_otherNumber() {
    Set<Double> drawn = new HashSet<>();
    drawn.add(new SeededRandom(7).draw("db", 1, 2));
    drawn.add(new SeededRandom(8).draw("db", 1, 2));
    drawn.add(new SeededRandom(7).draw("dc", 1, 2));
    drawn.add(new SeededRandom(7).draw("", 1, 2));
    drawn.add(new SeededRandom(7).draw("db\0", 1, 2));
    drawn.add(new SeededRandom(7).draw("db", 2, 1));
    drawn.add(new SeededRandom(7).draw("db", -1, 2));
    drawn.add(new SeededRandom(7).draw("db", 1, 3));

    assertThat(drawn).hasSize(8);
  }

  @Test
  void draw_manyOperations_spreadEvenlyOverTheUnitInterval() {
    SeededRandom random = new SeededRandom(0);
    int[] histogram = new int[10];
    IntStream.range(0, 100_000)
        .forEach(operation -> histogram[(int) (random.draw("db", operation, 0) * 10)]++);

    // 10,000 are expected in each; the standard deviation is 95, and each run has the same numbers.
    for (int count : histogram) {
      assertThat(count).isCloseTo(10_000, within(400));
    }
  }
}
