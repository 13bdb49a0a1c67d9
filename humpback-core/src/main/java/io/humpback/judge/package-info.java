/**
 * Judges that learn from labels: from what people said of some pairs, a regression on what a model makes of them. They judge
 * with the model, the prompts and the weights that they were trained with, and with no others.
 */
@NullMarked
package io.humpback.judge;

import org.jspecify.annotations.NullMarked;
