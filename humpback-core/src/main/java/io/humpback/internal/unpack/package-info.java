/** Streams that unpack what others have packed, member by member, and name damage. What reads the unpacked bytes is elsewhere. */
@NullMarked
package io.humpback.internal.unpack;

import org.jspecify.annotations.NullMarked;
