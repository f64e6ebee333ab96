package io.aragora.resilience.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SpringLogTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(SpringLogTest.class);
  private final List<String> lines = new ArrayList<>();
  private final Appender<ILoggingEvent> broken = new AppenderBase<>() {
    @Override
    public void doAppend(ILoggingEvent line) {
      append(line);
    }

    @Override
    protected void append(ILoggingEvent line) {
      lines.add(line.getLevel() + " " + line.getMessage());
      throw new NoClassDefFoundError("foreign");
    }
  };

  SpringLogTest() {
    logger.setLevel(Level.INFO); // an application of another test may have set that of the root
    logger.setAdditive(false);
    logger.addAppender(broken);
  }

  @AfterEach
  void removeAppender() {
    logger.detachAppender(broken);
    logger.setAdditive(true);
    logger.setLevel(null);
  }

  @Test
  void everyLevel_handlerThrows_returns() {
    SpringLog log = SpringLog.of(SpringLogTest.class);

    assertThatCode(() -> {
          log.info("a");
          log.warn("b");
          log.error("c", new IllegalStateException("x"));
        })
        .doesNotThrowAnyException();

    assertThat(lines).containsExactly("INFO a", "WARN b", "ERROR c");
  }
}
