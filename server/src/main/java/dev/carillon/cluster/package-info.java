/**
 * The nodes of the cluster: their registry, the identity of the cluster, signed calls to advertised addresses, and control messages.
 * Knows no server: a handler of the internal port passes method, path, header and body. Never blocks.
 */
@NullMarked
package dev.carillon.cluster;

import org.jspecify.annotations.NullMarked;
