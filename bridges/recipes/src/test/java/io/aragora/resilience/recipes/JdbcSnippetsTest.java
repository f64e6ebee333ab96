package io.aragora.resilience.recipes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.annotation.WithBulkhead;
import io.aragora.resilience.annotation.WithCircuitBreaker;
import io.aragora.resilience.annotation.WithRetry;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.testing.ManualTime;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JdbcSnippetsTest {
  // readme: recipe jdbc
  interface Orders {
    @WithRetry(maxAttempts = 3, delay = "50 ms", retryOn = SQLTransientException.class)
    @WithCircuitBreaker
    @WithBulkhead
    void place(String article) throws SQLException;
  }

  /** Each method is one transaction, so each attempt is a whole one. */
  record OrderTable(DataSource source) implements Orders {
    @Override
    public void place(String article) throws SQLException {
      try (Connection connection = source.getConnection()) {
        connection.setAutoCommit(false);
        try (PreparedStatement insert =
            connection.prepareStatement("INSERT INTO orders (article) VALUES (?)")) {
          insert.setString(1, article);
          insert.executeUpdate();
          connection.commit();
        } catch (Throwable e) {
          rollback(connection, e); // nothing of a failed attempt stays
          throw e;
        }
      }
    }

    /** A lost connection cannot be rolled back; what decides about the retry is the first exception. */
    private static void rollback(Connection connection, Throwable cause) {
      try {
        connection.rollback();
      } catch (SQLException e) {
        cause.addSuppressed(e);
      }
    }
  }

  // end

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  /** A source of H2 whose next connections fail. */
  private final DataSource source = source();

  private DataSource source() {
    JdbcDataSource database = new JdbcDataSource();
    database.setURL("jdbc:h2:mem:orders-" + System.identityHashCode(this) + ";DB_CLOSE_DELAY=-1");
    return (DataSource) Proxy.newProxyInstance(
        getClass().getClassLoader(),
        new Class<?>[] {DataSource.class},
        (proxy, method, arguments) -> {
          connections.incrementAndGet();
          if (failures.getAndDecrement() > 0) {
            throw new SQLTransientException("no connection");
          }
          return method.invoke(database, arguments);
        });
  }

  private Orders orders() {
    // readme: recipe jdbc proxy
    Orders orders = resilience.proxy(Orders.class, new OrderTable(source), MethodHandles.lookup());
    // end
    return orders;
  }

  @AfterEach
  void close() throws SQLException {
    resilience.close();
    failures.set(0);
    try (Connection connection = source.getConnection()) {
      connection.createStatement().execute("SHUTDOWN");
    }
  }

  private void create() throws SQLException {
    try (Connection connection = source.getConnection()) {
      connection.createStatement().execute("CREATE TABLE orders (article VARCHAR(20) NOT NULL)");
    }
    connections.set(0);
  }

  private int count() throws SQLException {
    failures.set(0);
    try (Connection connection = source.getConnection();
        ResultSet rows = connection.createStatement().executeQuery("SELECT COUNT(*) FROM orders")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  @Test
  void transaction_thatFailedTransiently_isRepeatedAsAWhole() throws SQLException {
    create();
    failures.set(2);

    orders().place("apples");

    assertThat(connections).hasValue(3);
    assertThat(count()).isOne();
  }

  @Test
  void transaction_thatIsWrong_isNotRepeated() throws SQLException {
    create();

    assertThatThrownBy(() -> orders().place(null)).isInstanceOf(SQLException.class);

    assertThat(connections).hasValue(1);
    assertThat(count()).isZero();
  }

  @Test
  void transaction_whoseRollbackFailsToo_isRepeated() throws SQLException {
    AtomicInteger commits = new AtomicInteger();
    PreparedStatement insert = proxy(PreparedStatement.class, method -> 1);
    Connection connection = proxy(Connection.class, method -> switch (method) {
      case "prepareStatement" -> insert;
      case "commit" -> {
        if (commits.incrementAndGet() < 3) {
          throw new SQLTransientException("deadlock");
        }
        yield null;
      }
      case "rollback" -> throw new SQLException("connection lost");
      default -> null;
    });
    DataSource fails = proxy(DataSource.class, method -> connection);
    Orders orders = resilience.proxy(Orders.class, new OrderTable(fails), MethodHandles.lookup());

    orders.place("apples");

    assertThat(commits).hasValue(3);
  }

  private interface Answer {
    @Nullable
    Object to(String method) throws SQLException;
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (proxy, method, arguments) -> answer.to(method.getName())));
  }

  @Test
  void database_thatIsDown_isLeftAlone() throws SQLException {
    create();
    failures.set(100);
    Orders orders = orders();
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> orders.place("apples"));
    }

    assertThatThrownBy(() -> orders.place("apples")).isInstanceOf(CallNotPermittedException.class);
  }
}
