/**
 * Models of LangChain4j that run inside the JVM: a decision model that asks a {@link io.humpback.model.LanguageModel}, and a
 * scoring model of any {@link io.humpback.Judge}. Nothing else in this library touches LangChain4j: a program that uses this
 * package brings {@code dev.langchain4j:langchain4j-core} itself.
 */
@NullMarked
package io.humpback.langchain4j;

import org.jspecify.annotations.NullMarked;
