package io.aragora.resilience.health.endpoint;

import java.security.MessageDigest;
import java.util.Locale;

/** The operator token. Only its digest is kept, and it is never printed. Immutable. */
final class OperatorToken {
  static final int LEAST = 16;
  static final int MOST = 1_000;

  private static final String SCHEME = "bearer ";

  private final byte[] digest;

  private OperatorToken(byte[] digest) {
    this.digest = digest;
  }

  /**
   * Creates a token.
   *
   * @throws IllegalArgumentException if the token is too short, too long, or has characters that a header cannot carry; the
   * message does not show it
   */
  static OperatorToken of(String setting, String token) {
    if (token.length() < LEAST || token.length() > MOST) {
      throw new IllegalArgumentException(setting + " must have " + LEAST + " to " + MOST
          + " characters: " + token.length() + " characters");
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          setting + " must have only visible ASCII characters, but has others");
    }
    return new OperatorToken(Sha256.of(token));
  }

  /** Compares in constant time: digests have equal length and are compared to the end. */
  boolean isIn(String authorization) {
    boolean bearer = authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME);
    String given = bearer ? authorization.substring(SCHEME.length()).trim() : "";
    return MessageDigest.isEqual(digest, Sha256.of(given));
  }

  @Override
  public String toString() {
    return "(hidden)";
  }
}
