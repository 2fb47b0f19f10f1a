package dev.carillon.lab.simulation.plan;

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
    EVENT_DELIVERED_TWICE("some events are delivered twice"),
    JOURNAL_NOT_FENCED("a write of a page's journal does not expect the revision of the one before"),
    ANSWER_BEFORE_JOURNAL("an action is answered before its page's journal is written"),
    IDS_NOT_RESTORED("a node that takes a page over does not know which actions have run"),
    EFFECT_NOT_CLAIMED("an action does not write that it begins before its first effect"),
    LEASE_NOT_FENCED("a lease is written without the revision that was read"),
    LEASE_NOT_STOPPED("the holder of a lease goes on when the lease has ended"),
    MOVED_LOADS_AGAIN("an action whose page moves to another node at that moment loads the page again"),
    SEQUENCES_COMPARED_ACROSS_EPOCHS("the sequences of an epoch are compared with those of the epoch before"),
    LOSS_TOLD_AT_END("events that the log no longer has are told after the events that follow them");

    private final String text;

    Defect(String text) {
        this.text = text;
    }

    /** One sentence part, for reports. */
    public String text() {
        return text;
    }
}
