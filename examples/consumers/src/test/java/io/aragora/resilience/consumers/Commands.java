package io.aragora.resilience.consumers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands of a page of the documentation: each a fenced block of one line, after a comment with its name. */
record Commands(Path page) {
  String named(String name) throws IOException {
    Matcher block = Pattern.compile(
            "<!-- command: " + Pattern.quote(name) + " -->\\s*```\\s*\\n(.+)\\n```")
        .matcher(Files.readString(page));
    if (!block.find()) {
      throw new IllegalStateException(page + " has no command '" + name + "'");
    }
    return block.group(1);
  }
}
