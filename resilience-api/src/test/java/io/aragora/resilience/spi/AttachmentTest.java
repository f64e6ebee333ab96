package io.aragora.resilience.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttachmentTest {
  private final List<Integer> closed = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void open_stepThrows_earlierOnesAreClosedLatestFirst(int step) {
    assertThatThrownBy(() -> Attachment.open(opened -> {
          for (int i = 0; i < step; i++) {
            int number = i;
            opened.add(() -> closed.add(number));
          }
          throw new IOException("step " + step);
        }))
        .isInstanceOf(IOException.class)
        .hasMessage("step " + step)
        .hasNoSuppressedExceptions();

    assertThat(closed).isEqualTo(List.of(2, 1, 0).subList(3 - step, 3));
  }

  @Test
  void open_stepAndClosingThrow_theStepIsReported() {
    IllegalStateException closing = new IllegalStateException("closing");
    assertThatThrownBy(() -> Attachment.open(opened -> {
          opened.add(() -> closed.add(0));
          opened.add(() -> {
            throw closing;
          });
          throw new IOException("step");
        }))
        .hasMessage("step")
        .hasSuppressedException(closing);

    assertThat(closed).containsExactly(0);
  }

  @Test
  void close_twice_closesEachOnceLatestFirst() {
    Attachment attachment = Attachment.open(opened -> {
      opened.add(() -> closed.add(0));
      opened.add(() -> closed.add(1));
    });

    attachment.close();
    attachment.close();

    assertThat(closed).containsExactly(1, 0);
  }

  static Stream<Throwable> throwables() {
    return Stream.of(
        new IllegalStateException("first"), new LinkageError("first"), new IOException("first"));
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // past the compiler
  private static <E extends Throwable> void sneak(Throwable thrown) throws E {
    throw (E) thrown;
  }

  @ParameterizedTest
  @MethodSource("throwables")
  void close_twoFail_theOthersAreClosedAndTheFirstIsThrown(Throwable first) {
    LinkageError second = new LinkageError("second");
    Attachment attachment = Attachment.open(opened -> {
      opened.add(() -> closed.add(0));
      opened.add(() -> {
        throw second;
      });
      opened.add(() -> AttachmentTest.<RuntimeException>sneak(first));
    });

    assertThatThrownBy(attachment::close).isSameAs(first).hasSuppressedException(second);
    assertThat(closed).containsExactly(0);
  }
}
