package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
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

  private interface Named extends ResilienceExtension {}

  @Test
  void extension_isFoundByItsType_untilTheRuntimeIsClosed() {
    Named named = context -> () -> {};
    Resilience resilience = runtime(logging("other"), named);
    assertThat(resilience.extension(Named.class)).containsSame(named);
    assertThat(resilience.extension(Unattached.class)).isEmpty();
    resilience.close();
    assertThat(resilience.extension(Named.class)).isEmpty();
  }

  private static final class Unattached implements ResilienceExtension {
    @Override
    public AutoCloseable attach(ResilienceContext context) {
      throw new IllegalStateException("no port");
    }
  }

  @Test
  void oneThatCannotStartOrClose_isNamedInTheLog_andNotFound() {
    try (RecordedLog log = RecordedLog.of(Extensions.class)) {
      Resilience resilience = runtime(new Unattached(), context -> () -> {
        throw new IllegalStateException("busy");
      });
      assertThat(log.messages())
          .containsExactly("WARNING extension " + Unattached.class.getName()
              + " failed to attach; the runtime starts without it");
      assertThat(resilience.extension(Unattached.class)).isEmpty();

      resilience.close();

      assertThat(log.messages())
          .hasSize(2)
          .last()
          .asString()
          .startsWith("WARNING extension ")
          .endsWith(" failed to close; closing continues");
    }
  }

  @Test
  void context_hasTheRuntime_itsTimeAndItsProperties() {
    ManualTime time = ManualTime.create();
    AtomicReference<ResilienceContext> context = new AtomicReference<>();
    try (Resilience resilience = Resilience.builder()
        .timeSource(time)
        .property("a.port", " 80 ")
        .property("a.blank", " ")
        .extension(given -> {
          context.set(given);
          return () -> {};
        })
        .build()) {
      assertThat(context.get().resilience()).isSameAs(resilience);
      assertThat(context.get().timeSource()).isSameAs(time);
      assertThat(context.get().property("a.port")).contains("80");
      assertThat(context.get().property("a.blank")).isEmpty();
      assertThat(context.get().property("a.unknown")).isEmpty();
      assertThat(context.get().endpointContributions()).isEmpty();
    }
  }

  @Test
  void extensionThatClosesTheRuntimeWhileItAttaches_isClosedAtOnce() {
    Resilience resilience = runtime(logging("first"), context -> {
      context.resilience().close();
      return () -> log.add("late closed");
    });
    assertThat(resilience.isClosed()).isTrue();
    assertThat(log).containsExactly("first attached", "first closed", "late closed");
  }
}
