/**
 * An evaluator of Spring AI that judges inside the JVM. Nothing else in this library touches Spring AI: a program that uses
 * this package brings {@code org.springframework.ai:spring-ai-commons} itself.
 */
@NullMarked
package io.humpback.springai;

import org.jspecify.annotations.NullMarked;
