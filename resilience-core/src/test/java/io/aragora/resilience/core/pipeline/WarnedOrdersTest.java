package io.aragora.resilience.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Orders that cancel each other's effect are logged once, however often they are built. */
class WarnedOrdersTest {
  private static final int MOST = 1000;

  private final Resilience resilience =
      Resilience.builder().timeSource(ManualTime.create()).maxPolicies(10_000).build();
  private final Timeout outer = resilience.timeout("outer", Duration.ofSeconds(1));

  @AfterEach
  void close() {
    resilience.close();
  }

  private Pipeline build(String name, int nested) {
    Timeout inner = resilience.timeout("inner" + nested, Duration.ofSeconds(2));
    Pipeline pipeline =
        resilience.unregistered().pipelineBuilder(name).add(outer).add(inner).build();
    assertThat(pipeline.warnings()).hasSize(1);
    return pipeline;
  }

  @Test
  void builtForEachCall_isLoggedOnce_whateverItsName() {
    try (RecordedLog log = RecordedLog.of(CorePipeline.class)) {
      for (int i = 0; i < 10; i++) {
        build("call " + i, 1);
      }
      assertThat(log.messages())
          .containsExactly("WARNING pipeline " + build("call 0", 1) + ": timeout 'inner1' (PT2S)"
              + " never fires inside timeout 'outer' (PT1S) (logged once)");
      build("call 0", 2);
      assertThat(log.messages()).as("another shape").hasSize(2);
    }
  }

  @Test
  void moreShapesThanAreRemembered_areNotLogged() {
    try (RecordedLog log = RecordedLog.of(CorePipeline.class)) {
      for (int i = 0; i < MOST + 100; i++) {
        build("call", i);
      }
      assertThat(log.messages())
          .hasSize(MOST + 1)
          .last()
          .asString()
          .contains(
              "reached 1000 warnings of this kind; further ones are not logged (logged once)");
    }
  }
}
