package io.aragora.resilience.examples.demo;

import java.io.Console;
import java.io.PrintStream;
import java.util.Map;

/** Shows the story as it goes. Confined to the main thread. */
interface View {
  /** Shows where things stand; called a few times a second, and may skip. */
  void show(Reading reading);

  /** Prints a line that stays. */
  void print(String line);

  /** Leaves what is shown where it is; lines to come go below it. */
  void settle();

  /** Says in a character or two whether something is as claimed. */
  String mark(boolean holds);

  /** Takes the right view for an output: one that redraws where somebody watches, plain lines elsewhere. */
  @SuppressWarnings("SystemConsoleNull") // null up to 21 only; isTerminal() looks after the others
  static View on(PrintStream out) {
    Console console = System.console();
    if (console == null || !isTerminal(console) || !mayRedraw(System.getenv())) {
      return new PlainView(out);
    }
    return new TerminalView(out, console.charset().newEncoder().canEncode(TerminalView.TICK));
  }

  /** From 22 on there can be a console without a terminal, and only a method that is new there tells. */
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
