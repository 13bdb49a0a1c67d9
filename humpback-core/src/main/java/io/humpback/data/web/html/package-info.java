/**
 * Pages as text: which elements belong to it, formulas, listings and tables, all written as Markdown; XHTML and plain
 * documents as what HTML would make of them.
 */
@NullMarked
package io.humpback.data.web.html;

import org.jspecify.annotations.NullMarked;
