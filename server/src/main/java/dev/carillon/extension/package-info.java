/**
 * The API for applications that run inside a node: an {@link dev.carillon.extension.Extension} adds request handlers, streams and files,
 * broadcasts and listens. No type of the HTTP server appears here. Handlers run on virtual threads and may block.
 */
@NullMarked
package dev.carillon.extension;

import org.jspecify.annotations.NullMarked;
