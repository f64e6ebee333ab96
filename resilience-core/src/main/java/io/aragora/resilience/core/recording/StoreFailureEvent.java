package io.aragora.resilience.core.recording;

import io.aragora.resilience.internal.FailureMessage;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("io.aragora.resilience.StoreFailure")
@Label("Store Failure")
@Description(
    "Saved state could not be read or written, or a quota not leased; the runtime tries again")
@Category("Resilience")
@StackTrace(false)
final class StoreFailureEvent extends Event {
  private static final StoreFailureEvent SAMPLE = new StoreFailureEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Location")
  String location = "";

  @Label("Operation")
  String operation = "";

  @Label("Failure")
  @Description("The class of the failure")
  String failure = "";

  @Label("Message")
  String message = "";

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(String runtime, String location, String operation, Throwable failure) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    StoreFailureEvent event = new StoreFailureEvent();
    event.runtime = runtime;
    event.location = location;
    event.operation = operation;
    event.failure = failure.getClass().getName();
    String message = FailureMessage.of(failure);
    event.message = message == null ? "" : message;
    event.commit();
  }
}
