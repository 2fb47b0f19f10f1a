/**
 * The broker SPI, which carries broadcasts between nodes and stores the log and small values. Its Javadoc is the contract; {@code
 * BrokerContract} in the test jar decides conformance. May use {@code scope} and {@code template}. Listeners run on threads of the
 * implementation; every call returns at once and answers through a stage.
 */
@NullMarked
package dev.carillon.broker;

import org.jspecify.annotations.NullMarked;
