package dev.carillon.edge;

/**
 * A rule of HTTP that a request breaks.
 *
 * @param detail of ASCII, without quotes; says nothing that the client did not send
 */
public record Violation(Kind kind, String detail) {
    /** What it is answered with. */
    public enum Kind {
        BAD_REQUEST,
        TOO_LARGE
    }

    static Violation of(String detail) {
        return new Violation(Kind.BAD_REQUEST, detail);
    }
}
