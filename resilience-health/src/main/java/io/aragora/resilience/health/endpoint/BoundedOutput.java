package io.aragora.resilience.health.endpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Buffers what a page writes, up to a bound. Not thread-safe. */
final class BoundedOutput extends OutputStream {
  private final int most;
  private byte[] bytes = new byte[1024];
  private int count;

  BoundedOutput(int most) {
    this.most = most;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int from, int length) throws IOException {
    if (length > most - count) {
      throw new IOException("the page must have at most " + most + " bytes");
    }
    if (length > bytes.length - count) {
      bytes = Arrays.copyOf(bytes, Math.min(most, Math.max(2 * bytes.length, count + length)));
    }
    System.arraycopy(source, from, bytes, count, length);
    count += length;
  }

  byte[] written() {
    return Arrays.copyOf(bytes, count);
  }
}
