package dev.carillon.base;

/**
 * Why a connection was closed. The code is the same in the event {@code carillon.close} of an event stream, in the close frame of a WebSocket, in
 * the metric {@code carillon_connections_closed_total} and in logs.
 */
public enum CloseReason {
    /** The client closed the connection, or it broke. */
    CLIENT_LEFT("client-left", 1000),
    /** Its outbox was full, or it took nothing of what was replayed. */
    SLOW("slow", 1008),
    /** Its I/O thread could not keep up with the events of the node. */
    OVERRUN("overrun", 1013),
    /** Its token has expired (3000 is registered as Unauthorized). */
    EXPIRED("expired", 3000),
    /** The node drains. */
    DRAINING("draining", 1012),
    /** The node stops. */
    STOPPING("stopping", 1012),
    /** The node takes no connection for now, or its broker did not answer while the connection was opened. */
    UNAVAILABLE("unavailable", 1013),
    /** The node has no memory for what the connection asked for. */
    OVERLOADED("overloaded", 1013),
    /** An operator disconnected it. */
    DISCONNECTED("disconnected", 4000),
    /** The client broke the protocol of a WebSocket. */
    PROTOCOL_ERROR("protocol-error", 1002),
    /** The application closed it. */
    APPLICATION("application", 1000),
    /** An error of the node. */
    FAILED("failed", 1011);

    private final String code;
    private final int webSocketStatus;

    CloseReason(String code, int webSocketStatus) {
        this.code = code;
        this.webSocketStatus = webSocketStatus;
    }

    /** Stable: lower case and hyphens. */
    public String code() {
        return code;
    }

    /** RFC 6455, section 7.4, and IANA's registry of close codes; above 4000 our own. */
    public int webSocketStatus() {
        return webSocketStatus;
    }
}
