package io.aragora.resilience.core.time;

import org.junit.jupiter.api.Test;

/** The fields that threads write stand on lines of their own. */
class CoarseClockLayoutTest {
  @Test
  void fieldsThatChange_areApartFromAllOthers() {
    FieldLayouts.assertApart(CoarseClock.class, "now", "touched", "lastAsleep", "dead");
  }
}
