package dev.carillon.autopsy;

/**
 * Whether an event reached a client, and if not, why. The codes are stable. In order of what is said of a client with several connections: the first that one of
 * them has.
 */
public enum Verdict {
    WRITTEN("written", "was written to the client's connection", ""),
    REPLAYED("replayed", "was sent after the event, when the client resumed", ""),
    QUEUED(
            "queued",
            "waits for the client's socket, which does not accept more",
            "The client reads slowly, or its network does. It receives the event when it reads on, unless the policy of the scope drops it first."),
    PENDING("pending", "is on its way: the node has it, or reads earlier events for the client first", "Ask again."),
    NOT_YET(
            "not-yet",
            "has not reached the node of the client",
            "Check the node's link to the broker: carillon health. The node fills gaps from the log within seconds."),
    GAP_TOLD(
            "gap-told",
            "was missed; the client received carillon.gap",
            "The client knows that it missed events: its application should load its state again."),
    DROPPED(
            "dropped",
            "was dropped, as the client's outbox was full; the client receives carillon.gap",
            "The client reads too slowly for its scopes. Raise outbox-max-events or outbox-max-bytes, send less, or use the policy disconnect, after which the client resumes."),
    REPLACED(
            "replaced",
            "was replaced by a newer event of the same key, before the client's socket accepted it",
            "This is the policy latest of the scope: a slow client receives only the newest event of a key."),
    NOT_GRANTED(
            "not-granted",
            "is private, and the client's token grants none of its scopes",
            "Give the token a read grant for one of the event's scopes, or broadcast the event as public. An event with readers is for these users only."),
    FILTERED(
            "filtered",
            "does not match the client's tag filter",
            "Compare the event's tags with the parameter filter of the client."),
    LOST_WITH_CONNECTION(
            "lost-with-connection",
            "was queued when the connection closed",
            "If the client resumes with the id of its last event, it receives the event then."),
    UNSUBSCRIBED(
            "unsubscribed",
            "came after the client had left the event's scopes",
            "The client unsubscribed. Check why its application did so."),
    NOT_CONNECTED(
            "not-connected",
            "came when the client was not connected",
            "A client that reconnects with Last-Event-ID receives what it missed. Check that it keeps the id, and that its scopes keep history."),
    NO_HISTORY(
            "no-history",
            "came while the client was away, and its scopes keep no history",
            "Give the scopes a history by scope-policies, so that clients can resume."),
    SUBSCRIBED_LATER(
            "subscribed-later",
            "came before the client subscribed",
            "A new subscriber receives later events only. Load the state from GET /position on, or retain the event."),
    NOT_SUBSCRIBED(
            "not-subscribed",
            "has no scope to which the client is subscribed",
            "Compare the event's scopes with those of the client: carillon connections --context."),
    UNKNOWN_CLIENT(
            "unknown-client",
            "cannot be judged: no node has the client, or remembers it",
            "Check the tenant and the id. What nodes remember is bounded by why-events and lost with a restart."),
    UNKNOWN(
            "unknown",
            "cannot be judged: what decides about it is no longer known",
            "Raise why-events, or ask sooner.");

    private final String code;
    private final String text;
    private final String advice;

    Verdict(String code, String text, String advice) {
        this.code = code;
        this.text = text;
        this.advice = advice;
    }

    public String code() {
        return code;
    }

    /** What happened, with the event as subject. */
    public String text() {
        return text;
    }

    /** What to do next; empty: nothing. */
    public String advice() {
        return advice;
    }

    /** Whether the client has the event, or will have it without doing anything. */
    boolean isReceived() {
        return switch (this) {
            case WRITTEN, REPLAYED, QUEUED, PENDING -> true;
            default -> false;
        };
    }

    /** The verdict with this code; {@link #UNKNOWN}: a later release has it. */
    static Verdict of(String code) {
        for (Verdict verdict : values()) {
            if (verdict.code.equals(code)) {
                return verdict;
            }
        }
        return UNKNOWN;
    }
}
