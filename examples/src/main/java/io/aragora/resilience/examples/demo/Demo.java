package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The program. Exit code 0: every claim held; 1: a claim failed; 2: an option is invalid. On success it returns from {@code
 * main}, so that a leftover thread would keep the JVM running.
 */
public final class Demo {
  private static final int NOT_AS_CLAIMED = 1;
  private static final int BAD_OPTION = 2;

  private final DemoOptions options;
  private final View view;
  private final Verdict verdict = new Verdict();
  private final Leftovers leftovers = new Leftovers();

  private Demo(DemoOptions options, View view) {
    this.options = options;
    this.view = view;
  }

  /**
   * Runs the demo.
   *
   * @param args not read; options are system properties
   */
  public static void main(String[] args) {
    DemoOptions options;
    try {
      options = DemoOptions.from(System::getProperty);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(BAD_OPTION);
      return;
    }
    // Log lines of level INFO would disturb the view.
    Logger.getLogger("").setLevel(Level.WARNING);
    boolean held = false;
    Interruption interruption = Interruption.ofThisThread();
    try {
      held = new Demo(options, View.on(System.out)).run();
    } catch (IOException | StateStoreException e) {
      System.err.println("The demo stopped with an error: " + e);
    } finally {
      interruption.close();
    }
    if (!held) {
      System.exit(NOT_AS_CLAIMED);
    }
  }

  private boolean run() throws IOException, StateStoreException {
    try {
      Optional<URI> url = options.url();
      if (url.isPresent()) {
        view.print("Calls " + url.get() + " for " + options.length().toSeconds()
            + " s. Nothing is broken on purpose, so exit code 0 only means: it ran, and closed"
            + " everything.");
        StateFile state = state();
        tellOfEarlierRun(state);
        play(new OwnAddressStory(url.get()), url.get(), state);
      } else {
        playOutage();
      }
      leftovers.claimNone(verdict);
    } catch (InterruptedException e) {
      view.settle();
      view.print("Interrupted. Everything is closed.");
      return false;
    }
    view.print("");
    verdict.lines(view).forEach(view::print);
    return verdict.holds();
  }

  private void playOutage() throws IOException, StateStoreException, InterruptedException {
    try (Upstream upstream = Upstream.start(options.timeout())) {
      leftovers.watchPort(upstream.port());
      view.print("Calls " + upstream.uri() + " for " + options.length().toSeconds() + " s, while it"
          + " slows down, fails and recovers. Exit code 0 means that every claim at the end"
          + " held.");
      StateFile state = state();
      Optional<SavedBreaker> left = tellOfEarlierRun(state);
      if (left.isPresent()) {
        play(new Aftermath(left.get()), upstream.uri(), state);
        view.print("");
      }
      state.forget();
      play(new OutageStory(upstream, state, options.cooldown()), upstream.uri(), state);
      new Neighbours(view, verdict, options, leftovers).play(upstream.uri());
    }
  }

  private Optional<SavedBreaker> tellOfEarlierRun(StateFile state) throws StateStoreException {
    Optional<SavedBreaker> left = state.leftBehind();
    left.ifPresent(row -> {
      view.print("An earlier run ended while its breaker was not closed. Its file holds:");
      view.print("  " + Figures.saved(row));
    });
    return left;
  }

  private void play(Story story, URI target, StateFile state)
      throws IOException, StateStoreException, InterruptedException {
    view.print(options.callers() + " callers at once, timeout "
        + Figures.latency(options.timeout()) + ", cooldown " + Figures.seconds(options.cooldown())
        + ", state in " + state.path());
    view.print("");
    try (Stage stage = new Stage(options, view, target, state, leftovers)) {
      story.play(stage, verdict);
    }
  }

  private StateFile state() throws IOException {
    Path folder = options.folder();
    StateFile state = StateFile.in(folder);
    // The driver unpacks its native library, by default into the machine's temporary folder.
    if (System.getProperty("org.sqlite.tmpdir") == null) {
      System.setProperty("org.sqlite.tmpdir", folder.toString());
    }
    return state;
  }
}
