package com.example.filestore;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.persistence.SavedBreaker;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

/** How one state is laid out in the file: its components in their order, text in UTF-8 after its length, null as length -1. */
final class BreakerFormat {
  private BreakerFormat() {}

  static void write(SavedBreaker state, DataOutputStream out) throws IOException {
    writeText(state.name(), out);
    writeText(state.key(), out);
    writeText(state.state().text(), out);
    out.writeLong(state.generation());
    writeText(state.enteredAt().toString(), out);
    writeText(state.openUntil() == null ? null : state.openUntil().toString(), out);
    writeText(state.cooldown().toString(), out);
    out.writeInt(state.cooldownStep());
    out.writeInt(state.consecutiveFailures());
    out.writeLong(state.consecutiveSuccesses());
    out.writeInt(state.probeSuccesses());
    out.writeLong(state.totals().successes());
    out.writeLong(state.totals().failures());
    out.writeLong(state.totals().ignored());
    out.writeLong(state.totals().rejected());
    out.writeLong(state.totals().late());
    out.writeLong(state.slowCalls());
    writeText(state.declared(), out);
    writeText(state.savedAt().toString(), out);
  }

  static SavedBreaker read(DataInputStream in) throws IOException {
    return new SavedBreaker(
        readText(in),
        readText(in),
        CircuitBreakerState.parse(readText(in)),
        in.readLong(),
        Instant.parse(readText(in)),
        readInstant(in),
        Duration.parse(readText(in)),
        in.readInt(),
        in.readInt(),
        in.readLong(),
        in.readInt(),
        new CircuitBreakerTotals(
            in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong()),
        in.readLong(),
        readText(in),
        Instant.parse(readText(in)));
  }

  private static Instant readInstant(DataInputStream in) throws IOException {
    String text = readText(in);
    return text == null ? null : Instant.parse(text);
  }

  private static void writeText(String text, DataOutputStream out) throws IOException {
    if (text == null) {
      out.writeInt(-1);
      return;
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String readText(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("the file ends within a text of " + length + " bytes");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
