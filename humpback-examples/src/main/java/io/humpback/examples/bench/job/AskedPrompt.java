package io.humpback.examples.bench.job;

/**
 * A prompt as a server is sent it.
 *
 * @param text with control tokens by their names
 * @param tokens how many this program reads of it
 */
public record AskedPrompt(String text, int tokens) {}
