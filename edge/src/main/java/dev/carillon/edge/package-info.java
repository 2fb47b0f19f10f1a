/**
 * The first checks of a connection and a request, the same for the node and the proxy: the node is safe alone, and the two read no request
 * differently. Uses no other package of Carillon. Runs on the I/O threads of the connections and must not block.
 */
@NullMarked
package dev.carillon.edge;

import org.jspecify.annotations.NullMarked;
