package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.health.json.FlatObject;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.health.json.JsonText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One page of a browser, driven by the DevTools protocol. It reads of an answer what it needs: its number, a text value, a
 * picture. Scripts that are run give texts.
 */
final class DevTools implements AutoCloseable {
  private static final Pattern NUMBER = Pattern.compile("^\\{\"id\":(\\d+)");
  private static final Pattern VALUE = Pattern.compile("\"value\":(\"(?:[^\"\\\\]|\\\\.)*+\")");
  private static final Pattern DATA = Pattern.compile("\"data\":\"([A-Za-z0-9+/=]+)\"");
  private static final int SECONDS = 60;

  private final AtomicInteger numbers = new AtomicInteger();
  private final Map<Integer, CompletableFuture<String>> answers = new ConcurrentHashMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private WebSocket socket;

  private DevTools() {}

  static DevTools connect(HttpClient client, URI page) {
    DevTools tools = new DevTools();
    tools.socket = client
        .newWebSocketBuilder()
        .connectTimeout(Duration.ofSeconds(30))
        .buildAsync(page, tools.new Listener())
        .join();
    for (String domain : List.of("Page", "Runtime", "Log")) {
      tools.ask(domain + ".enable", new JsonObject());
    }
    tools.ask(
        "Page.addScriptToEvaluateOnNewDocument",
        new JsonObject()
            .put(
                "source",
                "window.violations = []; document.addEventListener('securitypolicyviolation', e =>"
                    + " { window.violations.push(e.effectiveDirective);"
                    + " console.error('violates the policy: ' + e.effectiveDirective); });"
                    + " window.rowOf = name => [...document.querySelectorAll('#rows tr.row')]"
                    + ".find(row => row.querySelector('.name').innerText === name);"));
    return tools;
  }

  /** The page's errors: console errors, exceptions, violations of its policy. */
  List<String> complaints() {
    return complaints;
  }

  void navigate(URI address) {
    ask("Page.navigate", new JsonObject().put("url", address.toString()));
    await("location.href === " + quoted(address.toString())
        + " && document.readyState === 'complete'");
  }

  /** Runs an expression that gives a text. */
  String text(String expression) {
    String answer = ask(
        "Runtime.evaluate",
        new JsonObject()
            .put("expression", "Promise.resolve(" + expression + ").then(String)")
            .put("awaitPromise", true)
            .put("returnByValue", true));
    Matcher value = VALUE.matcher(answer);
    assertThat(value.find()).as(answer).isTrue();
    return FlatObject.read("{\"value\":" + value.group(1) + "}").get("value");
  }

  void run(String statement) {
    text("(() => { " + statement + "; return ''; })()");
  }

  /** Waits until a condition holds. */
  void await(String condition) {
    String outcome = text("new Promise(done => { const began = Date.now(); const look = () => {"
        + " let holds = false; try { holds = " + condition + "; } catch (e) {}"
        + " if (holds) done('holds');"
        + " else if (Date.now() - began > 30000) done('no: ' + document.body.innerText);"
        + " else setTimeout(look, 10); }; look(); })");
    assertThat(outcome).as(condition).isEqualTo("holds");
  }

  void press(String key, int code) {
    press(key, code, 0);
  }

  void press(String key, int code, int modifiers) {
    for (String type : List.of("keyDown", "keyUp")) {
      JsonObject event = new JsonObject()
          .put("type", type)
          .put("key", key)
          .put("code", key.equals(" ") ? "Space" : key)
          .put("modifiers", modifiers)
          .put("windowsVirtualKeyCode", code);
      if (type.equals("keyDown") && (key.equals("Enter") || key.equals(" "))) {
        event.put("text", key.equals("Enter") ? "\r" : " ");
      }
      ask("Input.dispatchKeyEvent", event);
    }
  }

  void type(String text) {
    ask("Input.insertText", new JsonObject().put("text", text));
  }

  void size(int width, int height, boolean mobile) {
    ask(
        "Emulation.setDeviceMetricsOverride",
        new JsonObject()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", mobile));
  }

  void scheme(String scheme) {
    ask(
        "Emulation.setEmulatedMedia",
        new JsonObject()
            .put(
                "features",
                List.of(
                    new JsonObject().put("name", "prefers-color-scheme").put("value", scheme))));
  }

  void timeZone(String zone) {
    ask("Emulation.setTimezoneOverride", new JsonObject().put("timezoneId", zone));
  }

  void screenshot(Path file) throws IOException {
    String answer = ask("Page.captureScreenshot", new JsonObject().put("format", "png"));
    Matcher data = DATA.matcher(answer);
    assertThat(data.find()).isTrue();
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(data.group(1)));
  }

  static String quoted(String text) {
    return JsonText.quoted(text);
  }

  @Override
  public void close() {
    socket.abort();
  }

  private String ask(String method, JsonObject parameters) {
    int number = numbers.incrementAndGet();
    CompletableFuture<String> answer = new CompletableFuture<>();
    answers.put(number, answer);
    socket
        .sendText(
            new JsonObject()
                .put("id", number)
                .put("method", method)
                .put("params", parameters)
                .toString(),
            true)
        .join();
    String given = answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    assertThat(given).as(method).doesNotStartWith("{\"id\":" + number + ",\"error\"");
    assertThat(given).as(method).doesNotContain("\"exceptionDetails\"");
    return given;
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      message.append(part);
      if (last) {
        take(message.toString());
        message.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(String text) {
      Matcher number = NUMBER.matcher(text);
      if (number.find()) {
        answers.remove(Integer.valueOf(number.group(1))).complete(text);
      } else if (text.contains("\"method\":\"Runtime.exceptionThrown\"")
          || (text.contains("\"method\":\"Log.entryAdded\"")
              && text.contains("\"level\":\"error\""))
          || (text.contains("\"method\":\"Runtime.consoleAPICalled\"")
              && text.contains("\"type\":\"error\""))) {
        complaints.add(text);
      }
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      answers.values().forEach(answer -> answer.completeExceptionally(error));
    }
  }
}
