package dev.carillon.base;

import java.util.Arrays;
import java.util.Optional;

/** Stable error codes, the same in problem+json, WebSocket messages and commands. A code is never renamed or given another meaning. */
public enum ErrorCode {
    INVALID_REQUEST("invalid-request"),
    INVALID_EVENT("invalid-event"),
    INVALID_SCOPE("invalid-scope"),
    INVALID_CURSOR("invalid-cursor"),
    TOKEN_MISSING("token-missing"),
    TOKEN_INVALID("token-invalid"),
    TOKEN_EXPIRED("token-expired"),
    TOKEN_REVOKED("token-revoked"),
    NOT_GRANTED("not-granted"),
    OPERATOR_ROUTES_DISABLED("operator-routes-disabled"),
    CALL_REFUSED("call-refused"),
    WRONG_NODE("wrong-node"),
    UNKNOWN_MESSAGE("unknown-message"),
    NODE_UNREACHABLE("node-unreachable"),
    ORIGIN_REFUSED("origin-refused"),
    CONTEXT_REFUSED("context-refused"),
    CONTEXT_MOVED("context-moved"),
    OUTCOME_UNKNOWN("outcome-unknown"),
    NOT_FOUND("not-found"),
    METHOD_NOT_ALLOWED("method-not-allowed"),
    UNSUPPORTED_MEDIA_TYPE("unsupported-media-type"),
    ID_CONFLICT("id-conflict"),
    TOO_LARGE("too-large"),
    BROKER_UNAVAILABLE("broker-unavailable"),
    KEYS_UNAVAILABLE("keys-unavailable"),
    AUTHORIZER_UNAVAILABLE("authorizer-unavailable"),
    TOO_MANY_REQUESTS("too-many-requests"),
    RATE_LIMITED("rate-limited"),
    OVERLOADED("overloaded"),
    ACTION_TIMEOUT("action-timeout"),
    DRAINING("draining"),
    RELOAD_UNAVAILABLE("reload-unavailable"),
    REBALANCE_UNAVAILABLE("rebalance-unavailable"),
    INTERNAL("internal");

    private final String code;

    ErrorCode(String code) {
        this.code = code;
    }

    public String code() {
        return code;
    }

    /** The constant of a code; empty for a code that this release does not know. */
    public static Optional<ErrorCode> of(String code) {
        return Arrays.stream(values()).filter(known -> known.code.equals(code)).findFirst();
    }
}
