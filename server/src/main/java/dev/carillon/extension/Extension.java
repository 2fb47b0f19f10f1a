package dev.carillon.extension;

/** A part of an application inside a node: its own routes and streams, and what runs beside them. */
@FunctionalInterface
public interface Extension {
    /**
     * Starts it, once, before the node serves. An exception ends the start of the node.
     *
     * @return what the node closes when it stops
     */
    AutoCloseable start(ExtensionContext node);
}
