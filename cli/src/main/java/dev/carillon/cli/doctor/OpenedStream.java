package dev.carillon.cli.doctor;

import dev.carillon.base.CarillonException;
import dev.carillon.cli.doctor.EventStream.Event;
import dev.carillon.cli.doctor.EventStream.Part;
import dev.carillon.scope.Cursor;
import java.time.Duration;
import java.util.Optional;

/**
 * A stream that has sent its first event.
 *
 * @param node that has it
 * @param epoch of its log; 0: not known
 * @param taken from the request to the first event
 */
record OpenedStream(EventStream stream, String node, long epoch, Duration taken) implements AutoCloseable {
    /** Waits for the first event; empty: it did not come. */
    static Optional<OpenedStream> of(EventStream stream, Probe probe) throws ProbeException, InterruptedException {
        Part part = stream.await(
                each -> each instanceof Event event && event.type().equals("carillon.open"), probe.limit());
        return part instanceof Event event
                ? Optional.of(new OpenedStream(
                        stream,
                        Answer.json(event.data()).path("node").asText("?"),
                        epoch(event.id()),
                        stream.after(event)))
                : Optional.empty();
    }

    private static long epoch(String id) {
        try {
            return Cursor.isCursor(id) ? Cursor.parse(id).epoch() : 0;
        } catch (CarillonException e) {
            return 0;
        }
    }

    /** Waits for an event of a type; empty: it did not come in time. */
    Optional<Event> receive(String type, Duration limit) throws InterruptedException {
        Part part =
                stream.await(each -> each instanceof Event event && event.type().equals(type), limit);
        return part instanceof Event event ? Optional.of(event) : Optional.empty();
    }

    @Override
    public void close() {
        stream.close();
    }
}
