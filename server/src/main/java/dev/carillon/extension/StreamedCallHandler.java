package dev.carillon.extension;

import java.io.InputStream;

/** Answers calls from other nodes whose body is read as it arrives. Each call runs on its own virtual thread and may block. */
@FunctionalInterface
public interface StreamedCallHandler {
    /** Maximum size of the head of a call, in bytes of UTF-8. */
    int MAX_HEAD_BYTES = 64 * 1024;

    /**
     * Answers a call.
     *
     * @param body of at most {@code upload-max-bytes}. A read of a body that breaks off, or was changed on its way, fails with a {@link
     *     dev.carillon.base.CarillonException}. Need not be read to its end
     * @return at most {@link CallHandler#MAX_ANSWER_BYTES}, at the latest 5 seconds after the end of the body
     * @throws dev.carillon.base.CarillonException is passed to the caller with its code
     * @throws Exception is passed to the caller as {@code internal}
     */
    String handle(String head, InputStream body) throws Exception;
}
