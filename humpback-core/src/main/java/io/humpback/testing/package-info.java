/**
 * For unit tests of programs that use this library: an assertion about an answer, and judges that need no model. Here
 * belongs what a test would otherwise write by itself; nothing of it depends on a test framework.
 */
@NullMarked
package io.humpback.testing;

import org.jspecify.annotations.NullMarked;
