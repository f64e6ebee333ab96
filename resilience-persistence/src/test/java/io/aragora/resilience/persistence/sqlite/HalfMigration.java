package io.aragora.resilience.persistence.sqlite;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;

/** Migrates a file as far as its first DROP, prints that, and stays there until it is killed. */
final class HalfMigration {
  private HalfMigration() {}

  public static void main(String[] arguments) throws Exception {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + arguments[0]);
    try (Statement statement = connection.createStatement()) {
      // SQLite then writes data that is not committed.
      statement.execute("PRAGMA cache_size = 1");
      statement.execute("PRAGMA cache_spill = 1");
    }
    new SchemaMigrator(watched(connection), Path.of(arguments[0])).migrate();
  }

  private static Connection watched(Connection connection) {
    return (Connection) Proxy.newProxyInstance(
        HalfMigration.class.getClassLoader(),
        new Class<?>[] {Connection.class},
        (proxy, method, arguments) -> {
          Object result = invoke(connection, method, arguments);
          return result instanceof Statement statement ? watched(statement) : result;
        });
  }

  private static Statement watched(Statement statement) {
    return (Statement) Proxy.newProxyInstance(
        HalfMigration.class.getClassLoader(),
        new Class<?>[] {Statement.class},
        (proxy, method, arguments) -> {
          if (method.getName().equals("executeUpdate")
              && arguments[0].toString().contains("DROP")) {
            System.out.println(arguments[0]);
            System.in.transferTo(System.out);
          }
          return invoke(statement, method, arguments);
        });
  }

  private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
