/**
 * For unit tests of programs that use this library: an assertion about an answer, a judge that needs no model, and a model
 * that says what it is told to. Here belongs what a test would otherwise write by itself; nothing of it depends on a test
 * framework.
 */
@NullMarked
package io.humpback.testing;

import org.jspecify.annotations.NullMarked;
