package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The module declarations of README and docs compile, each against the modules and classes that it names. */
class ModuleDeclarationsTest {
  private static final ToolProvider JAVAC = ToolProvider.findFirst("javac").orElseThrow();

  @TempDir
  private Path folder;

  @Test
  void moduleDeclarations_compile() throws IOException, URISyntaxException {
    Map<String, String> declarations = Pages.blocks();
    declarations.keySet().removeIf(name -> !name.startsWith(Pages.MODULE_DECLARATION));

    assertThat(declarations)
        .containsOnlyKeys(
            "module declaration of an application",
            "module declaration of a plug-in",
            "module declaration of the PostgreSQL driver");
    compile(declarations.get("module declaration of an application"), "", List.of());
    compile(declarations.get("module declaration of a plug-in"), """
        package com.example.diskspace;
        public class DiskSpace implements io.aragora.resilience.ResilienceExtension {
          @Override
          public AutoCloseable attach(io.aragora.resilience.ResilienceContext context) {
            return () -> {};
          }
        }
        """, List.of());
    Path driver = Path.of(org.postgresql.Driver.class
        .getProtectionDomain()
        .getCodeSource()
        .getLocation()
        .toURI());
    compile(
        declarations.get("module declaration of the PostgreSQL driver"),
        "",
        List.of("--patch-module", "org.postgresql.jdbc=" + driver));
  }

  private void compile(String declaration, String type, List<String> more) throws IOException {
    List<String> arguments =
        new ArrayList<>(List.of("-d", folder.resolve("classes").toString()));
    arguments.addAll(List.of("--module-path", System.getProperty("jdk.module.path")));
    arguments.addAll(more);
    arguments.add(
        Files.writeString(folder.resolve("module-info.java"), declaration).toString());
    if (!type.isEmpty()) {
      arguments.add(Files.writeString(folder.resolve("DiskSpace.java"), type).toString());
    }
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);

    int exit = JAVAC.run(out, out, arguments.toArray(String[]::new));

    assertThat(exit).as("%s%n%s", declaration, said).isZero();
  }
}
