/** What a run was and what came of it, as one page for people. */
@NullMarked
package io.humpback.examples.report;

import org.jspecify.annotations.NullMarked;
