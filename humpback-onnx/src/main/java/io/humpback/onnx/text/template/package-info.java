/**
 * The language of chat templates: Jinja2 as transformers sets it up, with trimmed blocks, loop controls and the
 * generation tag. A template is read into a tree of records, and the tree computes with values of Python that are made
 * here (none, truth values, numbers, texts, lists, tuples, dicts, functions), so that no object of Java is in its reach.
 * What a rendering may cost is counted as it goes.
 */
@NullMarked
package io.humpback.onnx.text.template;

import org.jspecify.annotations.NullMarked;
