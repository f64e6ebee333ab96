package io.aragora.resilience.health.endpoint;

import java.security.MessageDigest;
import java.util.Locale;

/** What an operator has to know. Only its digest is kept, and it is never printed. Immutable. */
final class OperatorToken {
  static final int LEAST = 16;
  static final int MOST = 1_000;

  private static final String SCHEME = "bearer ";

  private final byte[] digest;

  private OperatorToken(byte[] digest) {
    this.digest = digest;
  }

  /**
   * Takes a token.
   *
   * @throws IllegalArgumentException if it is too short, too long, or cannot be sent in a header; does not show it
   */
  static OperatorToken of(String setting, String token) {
    if (token.length() < LEAST || token.length() > MOST) {
      throw new IllegalArgumentException(setting + " must have " + LEAST + " to " + MOST
          + " characters: " + token.length() + " characters");
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException(
          setting + " must be of visible ASCII characters only: others are in it");
    }
    return new OperatorToken(Sha256.of(token));
  }

  /** Compares in a time that does not depend on the token: digests have one length, and are compared to the end. */
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
