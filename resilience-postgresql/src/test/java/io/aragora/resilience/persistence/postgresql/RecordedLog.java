package io.aragora.resilience.persistence.postgresql;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Records the log of a class instead of printing it. */
final class RecordedLog extends Handler {
  private final Logger logger;
  private final List<String> messages = Collections.synchronizedList(new ArrayList<>());

  private RecordedLog(Logger logger) {
    this.logger = logger;
  }

  static RecordedLog of(Class<?> source) {
    RecordedLog log = new RecordedLog(Logger.getLogger(source.getName()));
    log.logger.addHandler(log);
    log.logger.setUseParentHandlers(false);
    return log;
  }

  List<String> messages() {
    return List.copyOf(messages);
  }

  @Override
  public void publish(LogRecord record) {
    messages.add(record.getLevel() + " " + record.getMessage());
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
