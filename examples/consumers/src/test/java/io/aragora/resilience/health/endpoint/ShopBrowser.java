package io.aragora.resilience.health.endpoint;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** The browser of the tests of the live page, for the tests of the sample. */
public final class ShopBrowser implements AutoCloseable {
  private final Chromium chromium;
  private final DevTools page;

  private ShopBrowser(Chromium chromium, DevTools page) {
    this.chromium = chromium;
    this.page = page;
  }

  /** Returns the browser of this machine; empty if there is none. */
  public static Optional<Path> installed() {
    return Chromium.installed();
  }

  /** Starts the browser with a profile of its own. */
  public static ShopBrowser start(Path profile) throws IOException, InterruptedException {
    Chromium chromium = Chromium.start(installed().orElseThrow(), profile);
    try {
      return new ShopBrowser(chromium, chromium.open());
    } catch (IOException | InterruptedException | RuntimeException e) {
      chromium.close();
      throw e;
    }
  }

  /** Opens an address. */
  public void open(URI address) {
    page.navigate(address);
  }

  /** Clicks on an element. */
  public void click(String selector) {
    page.run("document.querySelector(" + DevTools.quoted(selector) + ").click()");
  }

  /** Waits until the text of the page contains a text. */
  public void awaitText(String text) {
    page.await("document.body.innerText.includes(" + DevTools.quoted(text) + ")");
  }

  @Override
  public void close() {
    page.close();
    chromium.close();
  }
}
