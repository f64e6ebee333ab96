package io.aragora.resilience.guards;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A module of the library: a folder {@code resilience-…} of the build that has a descriptor. */
record LibraryModule(Path folder, ModuleDescriptor descriptor) {
  static final Path ROOT = Path.of(System.getProperty("root.folder"));

  /** The folder of the bridges, which have no descriptors. */
  static final Path BRIDGES = ROOT.resolve("bridges");

  /** All modules in the order of their names, found by their folders. */
  static List<LibraryModule> all() {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith("resilience-"))
          .filter(folder -> Files.exists(folder.resolve("src/main/java/module-info.java")))
          .sorted()
          .map(LibraryModule::of)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static LibraryModule of(Path folder) {
    Path descriptor = folder.resolve("target/classes/module-info.class");
    try (InputStream in = Files.newInputStream(descriptor)) {
      return new LibraryModule(folder, ModuleDescriptor.read(in));
    } catch (IOException e) {
      throw new UncheckedIOException(folder + " is not built: run verify in the root", e);
    }
  }

  String name() {
    return descriptor.name();
  }

  String artifact() {
    return folder.getFileName().toString();
  }

  Path sources() {
    return folder.resolve("src/main/java");
  }

  Path classes() {
    return folder.resolve("target/classes");
  }

  Path testClasses() {
    return folder.resolve("target/test-classes");
  }

  /** The binary names of all its classes, nested ones too, in their order. */
  List<String> classNames() {
    try (Stream<Path> files = Files.walk(classes())) {
      return files
          .map(file -> classes().relativize(file).toString())
          .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
          .map(file -> file.substring(0, file.length() - ".class".length())
              .replace(folder.getFileSystem().getSeparator(), "."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Set<String> packages() {
    Set<String> packages = new TreeSet<>();
    for (String type : classNames()) {
      packages.add(type.substring(0, type.lastIndexOf('.')));
    }
    return packages;
  }

  @Override
  public String toString() {
    return name();
  }
}
