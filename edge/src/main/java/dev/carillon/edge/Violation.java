package dev.carillon.edge;

/**
 * A violation of HTTP by a request.
 *
 * @param detail text in ASCII without quotes, which reveals nothing but the client's own input
 */
public record Violation(Kind kind, String detail) {
    /** The kind of answer. */
    public enum Kind {
        BAD_REQUEST,
        TOO_LARGE
    }

    static Violation of(String detail) {
        return new Violation(Kind.BAD_REQUEST, detail);
    }
}
