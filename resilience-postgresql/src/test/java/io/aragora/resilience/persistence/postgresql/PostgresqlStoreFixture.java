package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** An empty schema, and the stores that a test opens on it. */
abstract class PostgresqlStoreFixture {
  static final Duration NOW = Duration.ZERO;

  final Deque<StateStore> opened = new ArrayDeque<>();
  String location;

  @BeforeEach
  void emptySchema() throws Exception {
    location = PostgresServer.shared().newSchema();
  }

  @AfterEach
  void closeStores() throws Exception {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  StateStore store() throws StateStoreException {
    return store(location);
  }

  StateStore store(String place) throws StateStoreException {
    StateStore store = new PostgresqlStateStoreProvider().open(place);
    opened.push(store);
    return store;
  }

  StateStore storeOfClock(InstantSource clock) throws StateStoreException {
    StateStore store = PostgresqlStateStore.open(DatabaseLocation.parse(location), clock);
    opened.push(store);
    return store;
  }

  static InstantSource fastBy(Duration shift) {
    return InstantSource.offset(InstantSource.system(), shift);
  }

  static SavedBreaker only(StateStore store) throws StateStoreException {
    StateStore.Loaded loaded = store.load();
    assertThat(loaded.problems()).isEmpty();
    assertThat(loaded.states()).hasSize(1);
    return loaded.states().get(0);
  }

  int execute(String sql) throws SQLException {
    return PostgresServer.execute(location, sql);
  }

  @Nullable
  String query(String sql) throws SQLException {
    try (Connection connection = DatabaseLocation.parse(location).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : null;
    }
  }
}
