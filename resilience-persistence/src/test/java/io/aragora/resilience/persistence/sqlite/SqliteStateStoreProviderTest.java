package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.persistence.StateStoreProvider;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqliteStateStoreProviderTest {
  private final SqliteStateStoreProvider provider = new SqliteStateStoreProvider();

  @Test
  void serviceLoader_findsTheProvider() {
    // On the module path the caller's module must say so, and this one only provides.
    getClass().getModule().addUses(StateStoreProvider.class);

    assertThat(ServiceLoader.load(StateStoreProvider.class))
        .filteredOn(found -> found.scheme().equals("sqlite"))
        .singleElement()
        .isInstanceOf(SqliteStateStoreProvider.class);
  }

  @ParameterizedTest
  @CsvSource({
    "sqlite:state.db, state.db",
    "sqlite:a/../b c.db, a/../b c.db",
    "sqlite:/var/lib/x.db, /var/lib/x.db",
    "sqlite:memory.db, memory.db"
  })
  void path_relativeOrAbsolute_isTaken(String location, String path) {
    assertThat(SqliteStateStoreProvider.path(location)).isEqualTo(Path.of(path));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite:", "sqlite:  "})
  void open_emptyPath_namesTheRuleAndTheValue(String location) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(location))
        .withMessage("state store location must name a file after 'sqlite:': '" + location + "'");
  }

  @ParameterizedTest
  @Tag("fault-71")
  @DisplayName("a database in memory, which would lose its content, is rejected")
  @ValueSource(strings = {"sqlite::memory:", "sqlite:file::memory:?cache=shared", "sqlite:file:x"})
  void open_inMemory_isRejected(String location) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(location))
        .withMessageContaining("a database in memory would keep nothing")
        .withMessageEndingWith("'" + location + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "postgresql://host/db, start with 'sqlite:'",
    "sqlite:state.db?journal_mode=OFF, not contain '?'",
    "sqlite:?mode=memory, not contain '?'",
    "sqlite:nul\0byte, name a file by its path"
  })
  void open_otherNonsense_namesTheRuleAndTheValue(String location, String rule) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(location))
        .withMessageContaining(rule)
        .withMessageEndingWith("'" + location.replace('\0', '?') + "'");
  }
}
