package dev.carillon.edge;

import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/** Replaces Undertow's empty 400 answer by a problem, and passes everything else on unchanged. */
final class ProblemSink extends AbstractStreamSinkConduit<StreamSinkConduit> {
    private static final byte[] EMPTY_400 = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private final ByteBuffer problem;
    private boolean replacing;
    private boolean ending;

    ProblemSink(StreamSinkConduit next, byte[] problem) {
        super(next);
        this.problem = ByteBuffer.wrap(problem);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (!bytes.equals(ByteBuffer.wrap(EMPTY_400))) {
            return next.write(bytes);
        }
        replacing = true;
        bytes.position(bytes.limit());
        send();
        return EMPTY_400.length;
    }

    @Override
    public void terminateWrites() throws IOException {
        ending = true;
        if (send()) {
            next.terminateWrites();
        }
    }

    @Override
    public boolean flush() throws IOException {
        if (!send()) {
            return false;
        }
        if (replacing && ending) {
            next.terminateWrites();
        }
        return next.flush();
    }

    /** @return whether the problem is sent completely */
    private boolean send() throws IOException {
        while (replacing && problem.hasRemaining()) {
            if (next.write(problem) == 0) {
                return false;
            }
        }
        return true;
    }

    /** A complete HTTP/1.1 answer, after which the connection closes. */
    static byte[] answer(Violation violation) {
        boolean tooLarge = violation.kind() == Violation.Kind.TOO_LARGE;
        String title = tooLarge ? "Request Entity Too Large" : "Bad Request";
        int status = tooLarge ? StatusCodes.REQUEST_ENTITY_TOO_LARGE : StatusCodes.BAD_REQUEST;
        String body = "{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"code\":\""
                + (tooLarge ? "too-large" : "invalid-request") + "\",\"detail\":\"" + violation.detail() + "\"}";
        return ("HTTP/1.1 " + status + " " + title + "\r\nContent-Type: application/problem+json\r\nContent-Length: "
                        + body.length() + "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                        + "Connection: close\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }
}
