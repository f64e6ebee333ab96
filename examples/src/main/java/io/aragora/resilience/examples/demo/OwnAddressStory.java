package io.aragora.resilience.examples.demo;

import java.io.IOException;
import java.net.URI;

/** Calls the user's own address: nothing is broken on purpose, so the demo claims nothing about failures. */
final class OwnAddressStory implements Story {
  private static final int END = 100;

  private final URI url;

  OwnAddressStory(URI url) {
    this.url = url;
  }

  @Override
  public void play(Stage stage, Verdict verdict) throws IOException, InterruptedException {
    stage.openClient();
    stage.startLoad();
    stage.play("calling", url.toString(), stage.at(END));
    stage.stopLoad();
    stage.view().settle();
    Score total = stage.score();
    verdict.claim(
        "ran",
        total.calls() > 0,
        total.calls() + " calls: " + total.count(Outcome.SERVED) + " served, "
            + total.count(Outcome.FAILED) + " failed, " + total.count(Outcome.TIMED_OUT)
            + " timed out, " + total.count(Outcome.REJECTED) + " rejected");
    Pages pages = Pages.read(stage.client());
    pages.print(stage.view());
    verdict.claim("health and metrics served", pages.served(), pages.summary());
  }
}
