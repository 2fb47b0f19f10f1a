/**
 * Which nodes there are, which cluster they are, and what one asks of another: signed calls to the advertised addresses, and control
 * messages. Knows no server: a handler of the internal port hands it method, path, header and body. Never blocks.
 */
@NullMarked
package dev.carillon.cluster;

import org.jspecify.annotations.NullMarked;
