package dev.carillon.cli;

import java.util.List;

/** An unmodified third-party client of the hub: it keeps its own position and reconnects by itself. */
interface HubClient {
    /** The types of events that it listens for; the last must never come to a client that misses nothing. */
    List<String> TYPES = List.of("message", "price", "carillon.gap");

    /** An update as the client hands it on. */
    record Update(String id, String type, String data) {}

    /** All that came, in the order in which it came. */
    List<Update> received();

    /** How often it has had a stream. */
    int opens();

    /** Whether it has given up reconnecting. */
    boolean gaveUp();
}
