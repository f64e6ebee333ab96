package io.aragora.resilience.persistence.sqlite;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What a class logs, instead of the console. */
final class RecordedLog extends Handler {
  private static final SimpleFormatter TEXT = new SimpleFormatter();

  private final Logger logger;
  private final List<String> messages = Collections.synchronizedList(new ArrayList<>());

  private RecordedLog(Logger logger) {
    this.logger = logger;
  }

  static RecordedLog of(Class<?> source) {
    return of(source.getName());
  }

  /** For a class that this module does not see. */
  static RecordedLog of(String source) {
    RecordedLog log = new RecordedLog(Logger.getLogger(source));
    log.logger.addHandler(log);
    log.logger.setUseParentHandlers(false);
    return log;
  }

  List<String> messages() {
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
