/**
 * How models are asked: how text of users is put into prompts, and how a stream of items passes through a model. Here
 * belongs what all who ask share, whatever they ask; the questions themselves stand beside the verbs that ask them, chat
 * templates and tokens in the runtime.
 */
@NullMarked
package io.humpback.prompt;

import org.jspecify.annotations.NullMarked;
