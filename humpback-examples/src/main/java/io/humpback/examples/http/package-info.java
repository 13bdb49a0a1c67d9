/**
 * What servers of this program share: where they listen, what they take for a request of their own, and how long a client may
 * keep a thread waiting. What is asked and answered belongs to the packages that serve it.
 */
@NullMarked
package io.humpback.examples.http;

import org.jspecify.annotations.NullMarked;
