/** What several rooms of the library need and its users do not. Not part of the library's interface. */
@NullMarked
package io.humpback.internal;

import org.jspecify.annotations.NullMarked;
