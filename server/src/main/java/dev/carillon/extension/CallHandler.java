package dev.carillon.extension;

/** Answers calls from other nodes. Each call runs on its own virtual thread and may block for at most 5 seconds. */
@FunctionalInterface
public interface CallHandler {
    /** Maximum size of the body of a call, in bytes of UTF-8. */
    int MAX_CALL_BYTES = 20 * 1024;
    /** Maximum size of an answer, in bytes of UTF-8. */
    int MAX_ANSWER_BYTES = 60 * 1024;

    /**
     * Answers a call.
     *
     * @throws dev.carillon.base.CarillonException is passed to the caller with its code
     */
    String handle(String body);
}
