package dev.carillon.lab.simulation.rules;

/** The rules of the model of the delivery, by the names of their mutations in {@code model/checks}, and what checks each in a simulated run. */
public enum ModelRule {
    ANSWER_BEFORE_APPEND(Check.ACCOUNTING),
    SCOPES_WITHOUT_COMMON_ORDER(Check.ORDER),
    DUPLICATE_DELIVERED(Check.ORDER),
    SEQUENCE_NOT_CHECKED(Check.COMPLETE),
    SEQUENCES_COMPARED_ACROSS_EPOCHS(Check.COMPLETE),
    HEADS_NOT_COMPARED(Check.ACCOUNTING),
    HEAD_DURING_FILLING_FORGOTTEN(Check.ACCOUNTING),
    NOT_SUSPENDED(Check.ACCOUNTING),
    HEADS_NOT_COMPARED_AFTER_LOSS(Check.COMPLETE),
    LATE_EVENT_DELIVERED(Check.ORDER),
    TRIM_NOT_TOLD(Check.ACCOUNTING),
    LOSS_NOT_TOLD(Check.COMPLETE),
    LOSS_TOLD_AT_END(Check.COMPLETE),
    CURSOR_OF_OLD_EPOCH_ACCEPTED(Check.ACCOUNTING),
    EPOCH_NOT_TOLD(Check.COMPLETE),
    EPOCH_KEPT(Check.POSITION),
    EPOCH_OF_STREAM_NOT_NOTED(Check.ACCOUNTING),
    REPEAT_APPENDED(Check.REPEAT),
    READ_BEFORE_JOIN(Check.ACCOUNTING),
    PENDING_NOT_FILTERED(Check.ACCOUNTING);

    /** Where a broken rule shows. */
    public enum Check {
        /** Each event that a feed delivers is after the one before: in log order, none twice. */
        ORDER,
        /** When a feed delivers an event of a scope, each earlier one of that scope was delivered or told, or is announced as late afterwards. */
        COMPLETE,
        /** A position is after all positions that the log has had. */
        POSITION,
        /** A broadcast that is sent again is appended again only after a loss of data. */
        REPEAT,
        /** It is no rule of one feed or of the log: the accounting of what clients receive shows it. */
        ACCOUNTING
    }

    private final Check check;

    ModelRule(Check check) {
        this.check = check;
    }

    public Check check() {
        return check;
    }
}
