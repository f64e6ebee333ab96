package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreProvider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** The plug-ins of docs/extending.md: a state store and an extension; compared by {@link ReadmeTest}. */
class PlugInSnippetsTest {
  // readme: extending store
  public static final class MapStoreProvider implements StateStoreProvider {
    @Override
    public String scheme() {
      return "map"; // stateStore("map:shop") finds it
    }

    @Override
    public StateStore open(String location) {
      return new MapStore();
    }
  }

  static final class MapStore implements StateStore {
    private final Map<SavedBreaker.Id, SavedBreaker> rows = new ConcurrentHashMap<>();

    @Override
    public Loaded load() {
      return Loaded.of(List.copyOf(rows.values()), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) {
      states.forEach(
          state -> // of two changes the later one stays
          rows.merge(state.id(), state, (old, now) -> now.replaces(old) ? now : old));
      return states.size();
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      int before = rows.size();
      rows.values().removeIf(row -> row.savedAt().isBefore(cutOff));
      return before - rows.size();
    }

    @Override
    public void close() {}
  }
  // end

  @Test
  void store() {
    StateStore store = new MapStoreProvider().open("map:shop");
    try (Resilience resilience = Resilience.builder().stateStore(store).build()) {
      resilience.circuitBreaker("prices").forceOpen();
    }

    assertThat(((MapStore) store).load().states())
        .extracting(SavedBreaker::name, SavedBreaker::state)
        .containsExactly(tuple("prices", CircuitBreakerState.FORCED_OPEN));
    assertThat(((MapStore) store).purgeSavedBefore(Instant.MAX)).isOne();
  }

  // readme: extending extension
  public static final class DiskSpace implements ResilienceExtension {
    private static final long LEAST_BYTES = 100_000_000;

    @Override
    public AutoCloseable attach(ResilienceContext context) {
      Path folder = Path.of(context.property("diskspace.folder").orElse("."));
      return context
          .resilience()
          .health()
          .register(
              "disk space",
              () -> Files.getFileStore(folder).getUsableSpace() > LEAST_BYTES
                  ? HealthResult.healthy()
                  : HealthResult.of(HealthStatus.UNHEALTHY, "less than 100 MB left"));
    }
  }
  // end

  @Test
  void extension() {
    try (Resilience resilience = Resilience.builder().extension(new DiskSpace()).build()) {
      assertThat(resilience.health().names()).contains("disk space");
      assertThat(resilience.health().check(HealthGroup.READINESS).checks())
          .containsKey("disk space");
    }
  }
}
