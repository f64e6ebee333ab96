package io.aragora.resilience.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NamedCountsTest {
  private final NamedCounts counts = new NamedCounts(2);

  @Test
  void advance_smallerThanBefore_keepsTheLargerOfEachCount() {
    counts.advance(Map.of("a", new long[] {5, 1}));

    assertThat(counts.advance(Map.of("a", new long[] {4, 2})).get("a")).containsExactly(5, 2);
  }

  @Test
  void advance_nameVanishedAndCameBack_startsAgain() {
    counts.advance(Map.of("a", new long[] {5}));
    counts.advance(Map.of());

    assertThat(counts.advance(Map.of("a", new long[] {1})).get("a")).containsExactly(1);
  }

  @Test
  void advance_moreNamesThanRoom_sumsUpTheRest() {
    Map<String, long[]> shown = counts.advance(ordered("a", 1, "b", 2, "c", 4, "d", 8));

    assertThat(shown).containsOnlyKeys("a", "b", "other");
    assertThat(shown.get("other")).containsExactly(12);
    assertThat(counts.isNamed("b")).isTrue();
    assertThat(counts.isNamed("c")).isFalse();
  }

  @Test
  void advance_orderChanges_namesKeepTheirPlaces() {
    counts.advance(ordered("a", 1, "b", 2, "c", 4));

    Map<String, long[]> shown = counts.advance(ordered("c", 4, "b", 3, "a", 2));

    assertThat(shown).containsOnlyKeys("a", "b", "other");
    assertThat(shown.get("a")).containsExactly(2);
    assertThat(shown.get("other")).containsExactly(4);
  }

  @Test
  void advance_placeBecomesFree_nextNameTakesItAndTheRestDoesNotGoBack() {
    counts.advance(ordered("a", 1, "b", 2, "c", 4, "d", 8));

    Map<String, long[]> shown = counts.advance(ordered("b", 2, "c", 4, "d", 8));

    assertThat(shown).containsOnlyKeys("b", "c", "other");
    assertThat(shown.get("other")).containsExactly(12);
  }

  @Test
  void advance_policyIsCalledOther_sharesTheSeriesOfTheRest() {
    Map<String, long[]> shown = counts.advance(ordered("other", 1, "b", 2, "c", 4));

    assertThat(shown).containsOnlyKeys("other", "b");
    assertThat(shown.get("other")).containsExactly(5);
  }

  private static Map<String, long[]> ordered(Object... namesAndCounts) {
    Map<String, long[]> map = new LinkedHashMap<>();
    for (int i = 0; i < namesAndCounts.length; i += 2) {
      map.put((String) namesAndCounts[i], new long[] {(int) namesAndCounts[i + 1]});
    }
    return map;
  }
}
