package com.example.filestore;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

/** The format of a state in the file: its components in order, text as length and UTF-8, null as length -1. */
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
    out.writeBoolean(state.openedByHand());
    out.writeInt(state.probeFailures());
  }

  static SavedBreaker read(DataInputStream in) throws IOException {
    return SavedBreaker.builder(readText(in))
        .key(readText(in))
        .state(CircuitBreakerState.parse(readText(in)))
        .generation(in.readLong())
        .enteredAt(Instant.parse(readText(in)))
        .openUntil(readInstant(in))
        .cooldown(Duration.parse(readText(in)))
        .cooldownStep(in.readInt())
        .consecutiveFailures(in.readInt())
        .consecutiveSuccesses(in.readLong())
        .probeSuccesses(in.readInt())
        .totals(CircuitBreakerTotals.builder()
            .successes(in.readLong())
            .failures(in.readLong())
            .ignored(in.readLong())
            .rejected(in.readLong())
            .late(in.readLong())
            .build())
        .slowCalls(in.readLong())
        .declared(readText(in))
        .savedAt(Instant.parse(readText(in)))
        .openedByHand(in.readBoolean())
        .probeFailures(in.readInt())
        .build();
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
