/** Bytes as text: what the labels of encodings mean on the web, and a guess where there is none. */
@NullMarked
package io.humpback.data.web.encoding;

import org.jspecify.annotations.NullMarked;
