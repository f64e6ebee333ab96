package io.aragora.resilience.guards;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;

/** The class files of all modules, read once. */
final class Library {
  static final JavaClasses CLASSES = new ClassFileImporter()
      .importPaths(LibraryModule.all().stream().map(LibraryModule::classes).toList());

  private Library() {}
}
