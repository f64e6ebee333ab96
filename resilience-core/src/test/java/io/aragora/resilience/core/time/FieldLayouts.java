package io.aragora.resilience.core.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.openjdk.jol.datamodel.Model64;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;
import org.openjdk.jol.layouters.HotSpotLayouter;

/** Where this JVM puts the fields of an object. */
public final class FieldLayouts {
  /** Two lines, because processors fetch the adjacent one, too. */
  private static final long DISTANCE = 128;

  private FieldLayouts() {}

  /**
   * Checks that at least 128 bytes lie between the fields that change and everything else: the objects
   * before and behind, and the other fields.
   *
   * @param type the class of the object
   * @param changing the names of the fields that change
   */
  public static void assertApart(Class<?> type, String... changing) {
    Set<String> wanted = new TreeSet<>(Set.of(changing));
    Set<String> seen = new TreeSet<>();
    ClassLayout layout = layoutOf(type);
    long first = Long.MAX_VALUE;
    long end = 0;
    for (FieldLayout field : layout.fields()) {
      if (wanted.contains(field.name())) {
        seen.add(field.name());
        first = Math.min(first, field.offset());
        end = Math.max(end, field.offset() + field.size());
      }
    }
    assertThat(seen).isEqualTo(wanted);
    String table = layout.fields().toString();
    assertThat(first).as(table).isGreaterThanOrEqualTo(DISTANCE);
    assertThat(layout.instanceSize() - end).as(table).isGreaterThanOrEqualTo(DISTANCE);
    for (FieldLayout field : layout.fields()) {
      if (!wanted.contains(field.name()) && field.size() > 1) {
        long behind = field.offset() - end;
        long before = first - (field.offset() + field.size());
        assertThat(Math.max(behind, before))
            .as(field.name() + " in " + table)
            .isGreaterThanOrEqualTo(DISTANCE);
      }
    }
  }

  /** Asks the JVM; where it denies the access to memory that this takes, as the build on newer JDKs does, its model. */
  private static ClassLayout layoutOf(Class<?> type) {
    try {
      return ClassLayout.parseClass(type);
    } catch (UnsupportedOperationException e) {
      return ClassLayout.parseClass(
          type, new HotSpotLayouter(new Model64(true, true), Runtime.version().feature()));
    }
  }
}
