/**
 * A judge behind an address: pairs come in over HTTP one by one or as JSON Lines, and scores go out. It shows how a program
 * embeds a judge that many ask at once: a queue with an end, batches, deadlines, and an orderly stop.
 */
@NullMarked
package io.humpback.examples.serve;

import org.jspecify.annotations.NullMarked;
