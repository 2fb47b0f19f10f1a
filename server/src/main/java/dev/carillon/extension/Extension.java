package dev.carillon.extension;

/** A part of an application that runs inside a node, with its own routes and streams. */
@FunctionalInterface
public interface Extension {
    /**
     * Starts the extension; called once, before the node serves. An exception fails the start of the node.
     *
     * @return a resource that the node closes when it stops
     */
    AutoCloseable start(ExtensionContext node);
}
