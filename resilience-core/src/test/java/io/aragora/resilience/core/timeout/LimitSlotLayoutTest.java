package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.time.FieldLayouts;
import org.junit.jupiter.api.Test;

/** The fields that a call writes stand on lines of their own. */
class LimitSlotLayoutTest {
  @Test
  void fieldsThatChange_areApartFromAllOthers() {
    FieldLayouts.assertApart(LimitSlot.class, "word", "uses", "missed", "owner");
  }
}
