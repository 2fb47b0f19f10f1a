package dev.carillon.trace;

import java.net.URI;

/**
 * What is exported, and where to.
 *
 * @param nodeId id of the node, an attribute of its traces
 * @param version of the node, an attribute of its traces
 * @param endpoint of a collector, for OTLP over HTTP; the path is that for traces
 * @param ratio share of the traces that begin at this node which are recorded, from 0 to 1; others are recorded when their parent is
 */
public record TracingOptions(String nodeId, String version, URI endpoint, double ratio) {}
