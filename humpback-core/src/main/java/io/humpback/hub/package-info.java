/**
 * Files of Hugging Face's hub by name: {@link io.humpback.hub.Hub} finds them in the cache that Python's {@code
 * huggingface_hub} keeps too, or fetches those that are needed into it. What the files are opened as is decided elsewhere.
 * What a hub sends is taken to be hostile: names of files cannot leave their folder, contents are compared with their hash,
 * and a token goes to the hub alone.
 */
@NullMarked
package io.humpback.hub;

import org.jspecify.annotations.NullMarked;
