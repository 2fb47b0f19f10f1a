package dev.carillon.source;

/**
 * A queue or stream of another system. Every node of the cluster has each source; the node that holds its lease opens a session and reads it, and no other
 * node does.
 */
public interface Source {
    /** What it reads, such as the name of the queue: the name of the source unless its address gives another. */
    String name();

    /** Whether a session can store messages that are refused, so that they are not lost. */
    boolean hasDeadLetters();

    /**
     * Connects, creates what the address asks for, and starts to read. Blocks, but not for ever.
     *
     * @throws SourceUnavailableException when the server does not answer; opening again may succeed
     * @throws SourceRefusedException when the server refuses what the source needs, until an operator changes something
     */
    SourceSession open(SourceOptions options);
}
