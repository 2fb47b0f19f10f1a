package dev.carillon.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.secret.OperatorSessions;
import io.undertow.server.HttpServerExchange;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The open consoles, at most {@value #MAX}. A frame is encoded once, and every console is sent the same bytes. Thread-safe; never blocks. */
final class ConsoleStreams {
    static final int MAX = 32;

    private final Runnable onSkipped;
    private final Set<ConsoleStream> open = ConcurrentHashMap.newKeySet();

    /** @param onSkipped called when a console has missed a frame */
    ConsoleStreams(Runnable onSkipped) {
        this.onSkipped = onSkipped;
    }

    /** @throws CarillonException {@code overloaded} when there are too many */
    void open(HttpServerExchange exchange, OperatorSessions.Session session) {
        if (open.size() >= MAX) {
            throw new CarillonException(ErrorCode.OVERLOADED, MAX + " consoles are open at this node; use another");
        }
        ConsoleStream stream = new ConsoleStream(exchange, session, onSkipped, open::remove);
        open.add(stream);
        stream.open();
    }

    boolean isEmpty() {
        return open.isEmpty();
    }

    void send(ObjectNode frame) {
        byte[] bytes = Text.utf8("data: " + frame + "\n\n");
        open.forEach(stream -> stream.send(ByteBuffer.wrap(bytes)));
    }

    /** Ends those whose operators have signed in too long ago. */
    void endExpired(Instant now) {
        open.stream().filter(stream -> !now.isBefore(stream.session().end())).forEach(ConsoleStream::end);
    }

    /** Ends those of one session. */
    void end(OperatorSessions.Session session) {
        open.stream()
                .filter(stream -> stream.session().id().equals(session.id()))
                .forEach(ConsoleStream::end);
    }
}
