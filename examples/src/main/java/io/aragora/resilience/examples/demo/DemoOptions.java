package io.aragora.resilience.examples.demo;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The options of the demo, set with {@code -D}; blank means not set.
 *
 * @param length {@code demo.seconds}: how long it runs, 5 to 3600 s, 20 s by default
 * @param cooldown {@code demo.cooldown}: how long the breaker stays open, 1 to 600 s; by default a tenth of the length, so that
 *     several cooldowns fit into the outage, and at least a second
 * @param url {@code demo.url}: the address to call instead of the demo's own upstream; http or https
 * @param folder {@code demo.dir}: the folder of the saved state, {@code target/demo} by default
 * @param port {@code demo.port}: the health endpoint's port, 0 to 65535; 0, the default, for any free port
 * @param callers {@code demo.callers}: threads that call at once, 1 to 64; 16 by default, 4 with {@code demo.url}
 */
record DemoOptions(
    Duration length, Duration cooldown, Optional<URI> url, Path folder, int port, int callers) {

  /** Reads the options from system properties, or from the replacement in a test. */
  static DemoOptions from(UnaryOperator<@Nullable String> properties) {
    Optional<URI> url = text(properties, "demo.url").map(DemoOptions::address);
    int seconds = number(properties, "demo.seconds", 5, 3600, 20);
    return new DemoOptions(
        Duration.ofSeconds(seconds),
        Duration.ofSeconds(number(properties, "demo.cooldown", 1, 600, Math.max(1, seconds / 10))),
        url,
        Path.of(text(properties, "demo.dir").orElse("target/demo")).toAbsolutePath(),
        number(properties, "demo.port", 0, 65_535, 0),
        number(properties, "demo.callers", 1, 64, url.isPresent() ? 4 : 16));
  }

  /** The timeout of an attempt, longer for the user's own address, which may be far away. */
  Duration timeout() {
    return url.isPresent() ? Duration.ofSeconds(2) : Duration.ofMillis(200);
  }

  /** The pause of a caller between two calls, longer for the user's own address. */
  Duration pace() {
    return url.isPresent() ? Duration.ofMillis(100) : Duration.ofMillis(20);
  }

  private static Optional<String> text(UnaryOperator<@Nullable String> properties, String key) {
    return Optional.ofNullable(properties.apply(key))
        .map(String::trim)
        .filter(text -> !text.isEmpty());
  }

  private static int number(
      UnaryOperator<@Nullable String> properties, String key, int least, int most, int fallback) {
    Optional<String> text = text(properties, key);
    if (text.isEmpty()) {
      return fallback;
    }
    try {
      int value = Integer.parseInt(text.get());
      if (value < least || value > most) {
        throw new IllegalArgumentException(
            key + " must be in [" + least + ", " + most + "]: " + value);
      }
      return value;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          key + " must be a whole number in [" + least + ", " + most + "]: " + text.get(), e);
    }
  }

  private static URI address(String text) {
    URI address;
    try {
      address = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("demo.url must be an address: " + text, e);
    }
    boolean http = "http".equalsIgnoreCase(address.getScheme())
        || "https".equalsIgnoreCase(address.getScheme());
    if (!http || address.getHost() == null) {
      throw new IllegalArgumentException(
          "demo.url must be an http or https address with a host: " + text);
    }
    return address;
  }
}
