/**
 * What programs of the Python package {@code aragora.resilience}, the reference of this library, bring with them: named
 * configs, guesses from the text of a failure, and saved state. No other package of the API needs this one.
 */
package io.aragora.resilience.reference;
