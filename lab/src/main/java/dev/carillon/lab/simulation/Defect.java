package dev.carillon.lab.simulation;

/** Mistakes that a simulation can put in place, at the seams of a node, to show that its judge finds them. */
public enum Defect {
    NONE("no defect"),
    SEQUENCE_NOT_CHECKED("a live event does not name the event before it"),
    HEADS_NOT_COMPARED("heads are those of the time at which the interest was joined"),
    ANSWER_BEFORE_APPEND("a broadcast is acknowledged before it is in the log"),
    REPEAT_APPENDED("a broadcast that is sent again is appended again"),
    PAGE_END_MISSED("the last event of each page of the log is left out"),
    RESUMED_TOO_LATE("a client resumes one event after its last one"),
    RETAINED_NOT_SENT("a new client does not receive retained events"),
    EPOCH_NOT_TOLD("a new epoch of the log is not told to clients"),
    LOSS_NOT_TOLD("events that the log no longer has are not told to clients"),
    EVENT_DELIVERED_TWICE("some events are delivered twice");

    private final String text;

    Defect(String text) {
        this.text = text;
    }

    /** One sentence part, for reports. */
    public String text() {
        return text;
    }
}
