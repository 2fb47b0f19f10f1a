package dev.carillon.source.intake;

/** What the body of a message is. */
enum MessageFormat {
    /** A broadcast or a payload for all clients if it is a JSON object that looks like one; else data. */
    AUTO,
    /** A broadcast, as of {@code POST /broadcast}. */
    BROADCAST,
    /** The data of an event, whatever it looks like. */
    DATA;

    static final String RULE = "must be auto, broadcast or data";
}
