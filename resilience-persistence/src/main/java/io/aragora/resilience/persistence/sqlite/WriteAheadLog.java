package io.aragora.resilience.persistence.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads a write-ahead log as SQLite reads it after a crash: up to the last commit before the first frame that is cut
 * off or has a wrong checksum. The format is published as part of SQLite's file format. Opening the log is harmless:
 * SQLite locks the other files.
 */
final class WriteAheadLog {
  private static final int HEADER = 32;
  private static final int FRAME_HEADER = 24;

  /** The checksum words of a log are little-endian if its magic number ends in 0, and big-endian if it ends in 1. */
  private static final int MAGIC = 0x377f0682;

  private static final int VERSION = 3_007_000;
  private static final int CHECKED_OF_HEADER = 24;
  private static final int CHECKED_OF_FRAME_HEADER = 8;
  private static final int MAX_PAGE = 65_536;

  private final FileChannel channel;
  private final int pageSize;
  private final ByteOrder order;
  private final int salt1;
  private final int salt2;
  private int sum1;
  private int sum2;

  private WriteAheadLog(FileChannel channel, ByteBuffer header) {
    this.channel = channel;
    this.order = (header.getInt(0) & 1) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    this.pageSize = header.getInt(8);
    this.salt1 = header.getInt(16);
    this.salt2 = header.getInt(20);
  }

  /** Returns whether the log has a header that SQLite accepts. */
  static boolean isReadable(Path path) {
    try (FileChannel channel = open(path)) {
      ByteBuffer header = header(channel);
      return new WriteAheadLog(channel, header).accepts(header);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Returns the number of frames that a process starting now would find.
   *
   * @return the number; 0 if the log cannot be read
   */
  static long wholeFrames(Path path) {
    try (FileChannel channel = open(path)) {
      ByteBuffer header = header(channel);
      WriteAheadLog log = new WriteAheadLog(channel, header);
      return log.accepts(header) ? log.wholeFrames() : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private static FileChannel open(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  private static ByteBuffer header(FileChannel channel) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    fill(channel, header);
    return header;
  }

  /** Fills the buffer. Returns whether the log had enough bytes. */
  private static boolean fill(FileChannel channel, ByteBuffer buffer) throws IOException {
    buffer.clear();
    int read = 0;
    while (buffer.hasRemaining() && read >= 0) {
      read = channel.read(buffer);
    }
    return !buffer.hasRemaining();
  }

  private boolean accepts(ByteBuffer header) {
    add(header, 0, CHECKED_OF_HEADER);
    return (header.getInt(0) & ~1) == MAGIC
        && header.getInt(4) == VERSION
        && pageSize > 0
        && pageSize <= MAX_PAGE
        && Integer.bitCount(pageSize) == 1
        && header.getInt(CHECKED_OF_HEADER) == sum1
        && header.getInt(CHECKED_OF_HEADER + Integer.BYTES) == sum2;
  }

  private long wholeFrames() throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER + pageSize);
    long frames = 0;
    long committed = 0;
    while (fill(channel, frame) && isNext(frame)) {
      frames++;
      boolean isCommit = frame.getInt(4) != 0;
      if (isCommit) {
        committed = frames;
      }
    }
    return committed;
  }

  private boolean isNext(ByteBuffer frame) {
    add(frame, 0, CHECKED_OF_FRAME_HEADER);
    add(frame, FRAME_HEADER, pageSize);
    return frame.getInt(0) != 0
        && frame.getInt(8) == salt1
        && frame.getInt(12) == salt2
        && frame.getInt(16) == sum1
        && frame.getInt(20) == sum2;
  }

  private void add(ByteBuffer bytes, int from, int length) {
    IntBuffer words = bytes.slice(from, length).order(order).asIntBuffer();
    for (int i = 0; i < words.limit(); i += 2) {
      sum1 += words.get(i) + sum2;
      sum2 += words.get(i + 1) + sum1;
    }
  }
}
