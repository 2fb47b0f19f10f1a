package dev.carillon.node;

import dev.carillon.context.ContextMoves;
import dev.carillon.stream.Renewal;

/**
 * What other nodes own, and clients of this node ask for.
 *
 * @param renewal of connections of other nodes
 * @param contexts brings them here
 */
record Elsewhere(Renewal renewal, ContextMoves contexts) {}
