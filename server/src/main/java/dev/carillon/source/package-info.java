/**
 * The SPI of event sources: queues and streams of other systems whose messages the cluster broadcasts. Its Javadoc is the contract. May use {@code base}. A
 * source is called by one thread, which may block.
 */
@NullMarked
package dev.carillon.source;

import org.jspecify.annotations.NullMarked;
