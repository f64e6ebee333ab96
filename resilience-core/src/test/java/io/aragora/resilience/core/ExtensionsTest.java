package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExtensionsTest {
  private final List<String> log = new ArrayList<>();

  private ResilienceExtension logging(String name) {
    return context -> {
      log.add(name + " attached");
      return () -> log.add(name + " closed");
    };
  }

  private static Resilience runtime(ResilienceExtension... extensions) {
    ResilienceBuilder builder = Resilience.builder().timeSource(ManualTime.create());
    for (ResilienceExtension extension : extensions) {
      builder.extension(extension);
    }
    return builder.build();
  }

  @Test
  @SuppressWarnings("NullAway") // what an extension must not give
  void oneThatCannotStart_isSkipped() {
    Resilience resilience = runtime(
        logging("first"),
        context -> {
          throw new IllegalStateException("no port");
        },
        context -> {
          throw new NoClassDefFoundError("com/sun/net/httpserver/HttpServer");
        },
        context -> null,
        logging("last"));
    assertThat(resilience.isClosed()).isFalse();
    resilience.close();
    assertThat(log)
        .containsExactly("first attached", "last attached", "last closed", "first closed");
  }

  @Test
  void oneThatCannotClose_keepsNoOtherFromIt() {
    Resilience resilience = runtime(
        logging("first"),
        context -> () -> {
          throw new IllegalStateException("busy");
        },
        context -> () -> {
          throw new NoClassDefFoundError("gone");
        });
    resilience.close();
    assertThat(log).containsExactly("first attached", "first closed");
  }
}
