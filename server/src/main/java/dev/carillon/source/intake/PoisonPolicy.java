package dev.carillon.source.intake;

/** What happens to a message that is refused for good. */
enum PoisonPolicy {
    /** It is stored in the dead letters of the source. */
    DEAD_LETTER,
    /** It is acknowledged, counted and logged; its content is lost. */
    DROP,
    /** The source stops before it, until an operator has removed the message or its cause. */
    STOP;

    static final String RULE = "must be dead-letter, drop or stop";
}
