package io.aragora.resilience.fuzz;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/**
 * Fuzzes targets with Jazzer, each in a JVM of its own, for a time that is given, and prints how many inputs each had. A target is named
 * {@code HeadersFuzzTest.retryAfter}; a part of a name selects all that contain it.
 */
public final class Fuzzing {
  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second.*");
  private static final Pattern FOUND = Pattern.compile(".*Test unit written to (.*)");
  private static final String CHILD = "--child";

  private Fuzzing() {}

  /**
   * Fuzzes.
   *
   * @param arguments the time for each target, {@code 60s} for instance; then parts of names; none, or all, for every target
   * @throws Exception if a target cannot be started
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals(CHILD)) {
      fuzz(arguments[1]);
      return;
    }
    int findings = 0;
    for (Method target : GeneratedInputsTest.targets()) {
      String name = GeneratedInputsTest.name(target);
      if (isSelected(name, arguments) && !isClean(target, name, arguments[0])) {
        findings++;
      }
    }
    System.out.printf("%d findings%n", findings);
    System.exit(findings == 0 ? 0 : 1);
  }

  private static boolean isSelected(String name, String[] arguments) {
    boolean isSelected = arguments.length < 2;
    for (int i = 1; i < arguments.length; i++) {
      isSelected |= arguments[i].equals("all") || name.contains(arguments[i]);
    }
    return isSelected;
  }

  private static boolean isClean(Method target, String name, String time) throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
    command.addAll(List.of(
        "-Xmx512m",
        "-XX:+EnableDynamicAgentLoading",
        "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), Fuzzing.class.getName(), CHILD));
    command.add(target.getDeclaringClass().getName() + "#" + target.getName() + "(byte[])");
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAZZER_FUZZ", "1");
    builder.environment().put("JAZZER_MAX_DURATION", time);
    builder.environment().put("JAZZER_INSTRUMENTATION_INCLUDES", "io.aragora.resilience.**");
    Process process = builder.start();
    List<String> lines = new ArrayList<>();
    String done = "did not start";
    try (BufferedReader output = process.inputReader()) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        lines.add(line);
        Matcher found = FOUND.matcher(line);
        Matcher count = DONE.matcher(line);
        if (found.matches()) {
          System.out.println(name + ": " + found.group(1));
        } else if (count.matches()) {
          done = count.group(1) + " inputs in " + count.group(2) + " s";
        }
      }
    }
    boolean isClean = process.waitFor() == 0;
    if (!isClean) {
      lines.stream().skip(Math.max(0, lines.size() - 60)).forEach(System.out::println);
    }
    System.out.printf("%-40s %s%s%n", name, done, isClean ? "" : ", failed");
    return isClean;
  }

  private static void fuzz(String method) throws IOException {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create()
        .execute(
            LauncherDiscoveryRequestBuilder.request()
                .selectors(selectMethod(method))
                .build(),
            listener);
    try (PrintStream out = new PrintStream(System.out, true)) {
      listener
          .getSummary()
          .getFailures()
          .forEach(failure -> failure.getException().printStackTrace(out));
      System.exit(listener.getSummary().getTotalFailureCount() == 0 ? 0 : 1);
    }
  }
}
