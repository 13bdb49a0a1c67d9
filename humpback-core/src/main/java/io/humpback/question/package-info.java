/**
 * Questions about a pair or other texts, answered by a model with probabilities: {@link io.humpback.question.Questions}
 * asks one or several {@link io.humpback.question.Question}s, each with an {@link io.humpback.question.Answer};
 * {@link io.humpback.question.Comparer} asks which of two texts is the better one and orders any number of them. Nothing
 * is generated and parsed: the reply is made to begin with {@code Answer:}, and the probabilities of the options are read.
 */
@NullMarked
package io.humpback.question;

import org.jspecify.annotations.NullMarked;
