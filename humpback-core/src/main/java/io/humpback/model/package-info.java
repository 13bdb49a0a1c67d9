/**
 * The only door between the method and a runtime. The method asks a {@link io.humpback.model.LanguageModel} for
 * completions, choices and likelihoods and knows nothing else of models; a runtime implements this package and knows
 * nothing of the method. A scripted fake of the interface is all that a test of the method needs.
 */
@NullMarked
package io.humpback.model;

import org.jspecify.annotations.NullMarked;
