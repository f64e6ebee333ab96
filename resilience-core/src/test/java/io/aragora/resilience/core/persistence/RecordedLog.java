package io.aragora.resilience.core.persistence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Records the log lines of a class instead of printing them. */
public final class RecordedLog extends Handler implements AutoCloseable {
  private static final SimpleFormatter TEXT = new SimpleFormatter();

  private final Logger logger;
  private final List<String> messages = Collections.synchronizedList(new ArrayList<>());

  private RecordedLog(Logger logger) {
    this.logger = logger;
  }

  public static RecordedLog of(Class<?> source) {
    return of(source.getName());
  }

  public static RecordedLog of(String source) {
    RecordedLog log = new RecordedLog(Logger.getLogger(source));
    log.logger.addHandler(log);
    log.logger.setUseParentHandlers(false);
    return log;
  }

  public List<String> messages() {
    return List.copyOf(messages);
  }

  @Override
  public void publish(LogRecord record) {
    messages.add(record.getLevel() + " " + TEXT.formatMessage(record));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
