package dev.carillon.source;

import dev.carillon.base.Platform;

/**
 * How a session reads.
 *
 * @param source name of the source
 * @param node id of the node, for lists of connections that operators of the server see
 * @param batch maximum number of messages that {@link SourceSession#receive} is asked for
 * @param deadLetters whether {@link SourceSession#deadLetter} will be called for refused messages: opening fails if they could not be stored
 */
public record SourceOptions(String source, String node, int batch, boolean deadLetters, Platform platform) {}
