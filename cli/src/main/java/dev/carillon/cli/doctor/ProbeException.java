package dev.carillon.cli.doctor;

/** A request got no answer; the message says why. */
class ProbeException extends Exception {
    private static final long serialVersionUID = 1L;

    ProbeException(String message) {
        super(message);
    }
}
