package dev.carillon.lab.faults;

/** The clients of a run, and the API by which they subscribe. */
public enum Audience {
    /** Event streams of {@code /events}. */
    EVENTS("events"),
    /** WebSockets that authenticate, subscribe and resume by messages, and clients that begin from a position. */
    WEB_SOCKETS("ws"),
    /** Subscribers of the Mercure hub. */
    MERCURE("mercure"),
    /** Event streams, WebSockets and subscribers of the hub, a third each. */
    MIXED("mixed");

    private final String label;

    Audience(String label) {
        this.label = label;
    }

    public String label() {
        return label;
    }

    Workload workload() {
        return switch (this) {
            case EVENTS -> new EventsWorkload();
            case WEB_SOCKETS -> new WebSocketWorkload();
            case MERCURE -> new HubWorkload();
            case MIXED -> new MixedWorkload();
        };
    }
}
