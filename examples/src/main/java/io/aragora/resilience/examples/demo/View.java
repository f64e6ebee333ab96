package io.aragora.resilience.examples.demo;

import java.io.Console;
import java.io.PrintStream;
import java.util.Map;

/** Shows the progress of the story. Confined to the main thread. */
interface View {
  /** Shows a reading; called a few times a second, and may skip some. */
  void show(Reading reading);

  /** Prints a permanent line. */
  void print(String line);

  /** Keeps the present output; later lines are printed below it. */
  void settle();

  /** Returns a mark for a claim that holds, or does not. */
  String mark(boolean holds);

  /** Returns the view for an output: a redrawing one for a terminal, plain lines otherwise. */
  @SuppressWarnings(
      "SystemConsoleNull") // null on JDKs up to 21; isTerminal() decides on later ones
  static View on(PrintStream out) {
    Console console = System.console();
    if (console == null || !isTerminal(console) || !mayRedraw(System.getenv())) {
      return new PlainView(out);
    }
    return new TerminalView(out, console.charset().newEncoder().canEncode(TerminalView.TICK));
  }

  /** A JDK from 22 on may have a console without a terminal; its new method {@code isTerminal} shows that. */
  private static boolean isTerminal(Console console) {
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  /** Honours <a href="https://no-color.org">NO_COLOR</a>, and terminals that cannot move the cursor. */
  static boolean mayRedraw(Map<String, String> environment) {
    return !"dumb".equals(environment.get("TERM"))
        && environment.getOrDefault("NO_COLOR", "").isEmpty();
  }
}
