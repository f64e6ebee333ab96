package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.persistence.StateStoreProvider;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresqlStateStoreProviderTest {
  private final PostgresqlStateStoreProvider provider = new PostgresqlStateStoreProvider();

  @Test
  void serviceLoader_findsTheProvider() {
    // On the module path the caller's module must say so, and this one only provides.
    getClass().getModule().addUses(StateStoreProvider.class);

    assertThat(ServiceLoader.load(StateStoreProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(found -> found.scheme().equals("postgresql")))
        .singleElement()
        .isInstanceOf(PostgresqlStateStoreProvider.class);
  }

  @ParameterizedTest
  @CsvSource({
    "postgresql://db/app, postgresql://db/app",
    "postgresql:app, postgresql:app",
    "postgresql://me:secret@db:5432/app, postgresql://***@db:5432/app",
    "postgresql://me:se/cr@et@db/app, postgresql://***@db/app",
    "postgresql://me:se?cret@db/app, postgresql:***?***",
    "postgresql://me:se?user=cret@db/app, postgresql:***?user=***",
    "postgresql://db/app?user=me&password=secret, postgresql://db/app?user=me&password=***",
    "postgresql://db/app?password=sec&ret&x=y&ssl=true, postgresql://db/app?password=***&***&***&ssl=***",
    "postgresql://db/app?pasword=secret, postgresql://db/app?***",
    "postgresql://a:1 b:2/app?currentSchema=x\ty, postgresql://a:1 b:2/app?currentSchema=x?y",
    "sqlite:secret, ***"
  })
  void shown_hasNoSecret(String location, String shown) {
    assertThat(provider.shown(location)).isEqualTo(shown);
    assertThat(new PostgresqlQuotaStoreProvider().shown(location)).isEqualTo(shown);
  }

  @Test
  void parse_userWithoutPassword_isTaken() {
    assertThat(DatabaseLocation.parse("postgresql://me@db/app"))
        .hasToString("postgresql://***@db/app");
  }

  @ParameterizedTest
  @CsvSource({
    "sqlite:secret, start with 'postgresql:'",
    "postgresql://me:secret@db, be like",
    "postgresql://db/secret/x?password=secret, be like",
    "postgresql://me:se/cret@db/app, percent-encoded",
    "postgresql://db/app?secret=secret, number 1 is not",
    "postgresql://db/app?user=me&password=x&secret, number 3 is not",
    "postgresql://db/app?service=secret, number 1 is not",
    "postgresql://db/app?password=secret%2, hexadecimal",
    "postgresql://me:secret%zz@db/app, hexadecimal"
  })
  void open_nonsense_namesTheRuleAndNoSecret(String location, String rule) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(location))
        .withMessageStartingWith("store location must ")
        .withMessageContaining(rule);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"postgresql://me:secret%zz@db/app", "postgresql://db/app?password=secret&secret"})
  void open_nonsense_showsNoSecret(String location) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> provider.open(location))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
  }
}
