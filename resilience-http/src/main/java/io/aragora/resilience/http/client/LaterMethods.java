package io.aragora.resilience.http.client;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The methods that {@link HttpClient} has from JDK 21 on, and {@link HttpResponse} from 25 on, looked up by name
 * because this code is compiled for 17.
 */
final class LaterMethods {
  private static final @Nullable MethodHandle CLOSE = find(HttpClient.class, "close", void.class);
  private static final @Nullable MethodHandle SHUTDOWN =
      find(HttpClient.class, "shutdown", void.class);
  private static final @Nullable MethodHandle SHUTDOWN_NOW =
      find(HttpClient.class, "shutdownNow", void.class);
  private static final @Nullable MethodHandle IS_TERMINATED =
      find(HttpClient.class, "isTerminated", boolean.class);
  private static final @Nullable MethodHandle AWAIT_TERMINATION =
      find(HttpClient.class, "awaitTermination", boolean.class, Duration.class);
  private static final @Nullable MethodHandle CONNECTION_LABEL =
      find(HttpResponse.class, "connectionLabel", Optional.class);

  private LaterMethods() {}

  private static @Nullable MethodHandle find(
      Class<?> type, String name, Class<?> result, Class<?>... arguments) {
    try {
      return MethodHandles.publicLookup()
          .findVirtual(type, name, MethodType.methodType(result, arguments));
    } catch (NoSuchMethodException e) {
      return null;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(type.getSimpleName() + "." + name + " must be public", e);
    }
  }

  static void close(HttpClient client) {
    call(CLOSE, client);
  }

  static void shutdown(HttpClient client) {
    call(SHUTDOWN, client);
  }

  static void shutdownNow(HttpClient client) {
    call(SHUTDOWN_NOW, client);
  }

  private static void call(@Nullable MethodHandle method, HttpClient client) {
    if (method == null) {
      return;
    }
    try {
      method.invokeExact(client);
    } catch (Throwable e) {
      throw Failures.<RuntimeException>as(e);
    }
  }

  static boolean isTerminated(HttpClient client) {
    if (IS_TERMINATED == null) {
      return false;
    }
    try {
      return (boolean) IS_TERMINATED.invokeExact(client);
    } catch (Throwable e) {
      throw Failures.<RuntimeException>as(e);
    }
  }

  static boolean awaitTermination(HttpClient client, Duration length) throws InterruptedException {
    if (AWAIT_TERMINATION == null) {
      return true;
    }
    try {
      return (boolean) AWAIT_TERMINATION.invokeExact(client, length);
    } catch (Throwable e) {
      throw Failures.<InterruptedException>as(e);
    }
  }

  @SuppressWarnings("unchecked") // its declared return type
  static Optional<String> connectionLabel(HttpResponse<?> response) {
    if (CONNECTION_LABEL == null) {
      return Optional.empty();
    }
    try {
      return (Optional<String>) CONNECTION_LABEL.invoke(response);
    } catch (Throwable e) {
      throw Failures.<RuntimeException>as(e);
    }
  }
}
