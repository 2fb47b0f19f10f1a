package dev.carillon.cli;

import java.util.List;

/** A client of a trial, of any kind: it has one stream and reconnects by itself. */
interface TrialClient extends AutoCloseable {
    record Received(String id, String data) {}

    /** All events so far, in the order in which they came; those of the node itself, too. */
    List<Received> received();

    /** The latest that it said of itself, such as why it reconnects; empty where it said nothing. */
    String state();

    /** Whether it has given up reconnecting. */
    boolean gaveUp();

    @Override
    void close();
}
