/**
 * Validation and limits of client connections and requests, shared by node and proxy: a node is safe without a proxy, and both interpret a
 * request in the same way. Also networks, certificates and descriptors. Uses no other package of Carillon. Runs on the I/O threads of the
 * connections and must not block.
 */
@NullMarked
package dev.carillon.edge;

import org.jspecify.annotations.NullMarked;
