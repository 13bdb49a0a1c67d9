/**
 * What a run was and what came of it, as one page for people. Here belongs what is read from a finished or unfinished run, its
 * plots and its page; statistics themselves are in {@link io.humpback.quality}. The page needs {@code org.knowm.xchart:xchart} and
 * {@code de.erichseifert.vectorgraphics2d:VectorGraphics2D} on the class path, and shows verbs where
 * {@code org.apache.opennlp:opennlp-tools} and {@code opennlp-models-pos-en} are there too; all are optional.
 */
@NullMarked
package io.humpback.report;

import org.jspecify.annotations.NullMarked;
