package dev.carillon.extension;

import java.io.InputStream;

/** Answers requests whose body is read as it arrives. Each call runs on its own virtual thread and may block. */
@FunctionalInterface
public interface BodyHandler {
    /**
     * Answers a request.
     *
     * @param request its methods {@code body} and {@code text} throw {@link IllegalStateException}
     * @param body of at most {@code upload-max-bytes}; a read beyond that, or of a body that arrives too slowly or ends early, fails with a {@link
     *     dev.carillon.base.CarillonException}. Need not be read to its end
     * @throws Exception as {@link RequestHandler#handle}
     */
    Response handle(Request request, InputStream body) throws Exception;
}
