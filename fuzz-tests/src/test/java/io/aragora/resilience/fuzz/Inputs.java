package io.aragora.resilience.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Inputs that are made from seeds: the same ones for the same number. Not thread-safe. */
final class Inputs {
  private static final int MOST_CHANGES = 6;
  private static final int LONGEST = 4096;

  /** What parsers treat in a way of its own. */
  private static final List<byte[]> PIECES = Stream.of(
          "\u001f",
          "\u001f\u001f",
          "\n",
          "\r\n",
          "\r\n\r\n",
          "\u0000",
          "\t",
          " ",
          "\"",
          "\\",
          "\\u",
          "'",
          "<",
          ">",
          "&",
          ",",
          ";",
          ":",
          "=",
          "/",
          "?",
          "#",
          "%",
          "%00",
          "%zz",
          "@",
          "[",
          "]",
          "{",
          "}",
          "(",
          ")",
          "..",
          "-",
          "+",
          "-1",
          "0",
          "1",
          "9",
          "00",
          "1e9",
          "0x1",
          "NaN",
          "Infinity",
          "null",
          "true",
          "off",
          "999999999999",
          "2147483647",
          "2147483648",
          "9007199254740993",
          "9223372036854775807",
          "-9223372036854775808",
          "\u0085",
          "\u2028",
          "\u00e9",
          "\u0130",
          "\u017f",
          "\u212a",
          "\u0661",
          "\u3000",
          "\ufeff",
          "\ud83d\ude00",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
      .map(text -> text.getBytes(UTF_8))
      .toList();

  private final List<byte[]> seeds;
  private final Random random;

  Inputs(List<byte[]> seeds, long number) {
    this.seeds = seeds.isEmpty() ? List.of(new byte[0]) : seeds;
    this.random = new Random(number);
  }

  byte[] next() {
    byte[] input = any(seeds);
    for (int changes = random.nextInt(MOST_CHANGES); changes >= 0; changes--) {
      input = changed(input);
    }
    return input.length <= LONGEST ? input : Arrays.copyOf(input, LONGEST);
  }

  private byte[] changed(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int to = from + random.nextInt(Math.min(16, input.length - from) + 1);
    byte[] cut = Arrays.copyOfRange(input, from, to);
    return switch (random.nextInt(9)) {
      case 0 -> replaced(input, from, to, new byte[0]);
      case 1 -> replaced(input, from, to, any(PIECES));
      case 2, 3 -> replaced(input, from, from, any(PIECES));
      case 4 -> replaced(input, from, from, cut);
      case 5 -> replaced(input, from, from, repeated(cut));
      case 6 -> replaced(input, from, to, noise(cut.length));
      case 7 -> replaced(input, from, input.length, tail(any(seeds)));
      default -> flipped(input);
    };
  }

  private static byte[] replaced(byte[] input, int from, int to, byte[] with) {
    byte[] result = Arrays.copyOf(input, input.length - (to - from) + with.length);
    System.arraycopy(with, 0, result, from, with.length);
    System.arraycopy(input, to, result, from + with.length, input.length - to);
    return result;
  }

  private byte[] repeated(byte[] part) {
    List<byte[]> parts = new ArrayList<>();
    for (int i = random.nextInt(20); i >= 0; i--) {
      parts.add(part);
    }
    byte[] all = new byte[part.length * parts.size()];
    for (int i = 0; i < parts.size(); i++) {
      System.arraycopy(part, 0, all, i * part.length, part.length);
    }
    return all;
  }

  private byte[] noise(int length) {
    byte[] noise = new byte[length];
    random.nextBytes(noise);
    return noise;
  }

  private byte[] tail(byte[] seed) {
    return Arrays.copyOfRange(seed, random.nextInt(seed.length + 1), seed.length);
  }

  private byte[] flipped(byte[] input) {
    byte[] result = input.clone();
    if (result.length > 0) {
      result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return result;
  }

  private byte[] any(List<byte[]> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
