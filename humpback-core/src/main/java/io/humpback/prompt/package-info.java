/**
 * How text of users is put into prompts. Here belongs what every prompt shares, whatever it asks; the questions themselves
 * stand beside the verbs that ask them, chat templates and tokens in the runtime.
 */
@NullMarked
package io.humpback.prompt;

import org.jspecify.annotations.NullMarked;
