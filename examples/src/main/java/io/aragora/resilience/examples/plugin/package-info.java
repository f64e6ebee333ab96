/** A plug-in: a health check that every runtime has as soon as this module is on the path. */
package io.aragora.resilience.examples.plugin;
