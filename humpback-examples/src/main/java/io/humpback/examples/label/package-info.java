/**
 * People's labels: a sample of scored pairs is shown one at a time on a page that this machine alone can open, and what a
 * person says of each is in a file at once. Here belongs what asks and records; what labels say of a judge is computed in
 * {@code io.humpback.quality}.
 */
@NullMarked
package io.humpback.examples.label;

import org.jspecify.annotations.NullMarked;
