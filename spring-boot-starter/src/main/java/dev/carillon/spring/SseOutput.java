package dev.carillon.spring;

import dev.carillon.client.FeedEvent;
import dev.carillon.client.Gap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.springframework.http.MediaType;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Writes events as the event stream of a node does. For one thread. Its methods block while the client reads slowly. */
final class SseOutput {
    private static final MediaType TEXT = new MediaType(MediaType.TEXT_PLAIN, StandardCharsets.UTF_8);

    private final SseEmitter emitter;

    SseOutput(SseEmitter emitter) {
        this.emitter = emitter;
    }

    /**
     * The first event.
     *
     * @param start cursor from which the client resumes if no event arrives; empty: from the position that it has
     */
    void open(Duration retry, Optional<String> start) throws IOException {
        SseEmitter.SseEventBuilder event =
                SseEmitter.event().reconnectTime(retry.toMillis()).name("carillon.open");
        start.ifPresent(event::id);
        emitter.send(event.data("{\"resumed\":" + start.isEmpty() + "}", TEXT));
    }

    void event(FeedEvent event) throws IOException {
        SseEmitter.SseEventBuilder next = SseEmitter.event();
        event.id().ifPresent(next::id);
        if (!event.type().equals("message")) {
            next.name(event.type());
        }
        // Each line of the text is a line of data, as at the node; Spring does that for LF only. Clients remove one
        // blank.
        String data = event.data().replace("\r\n", "\n").replace('\r', '\n');
        emitter.send(next.data(" " + data.replace("\n", "\n "), TEXT));
    }

    /** @param start cursor from which the client resumes from now on; empty: from the position that it has */
    void gap(Gap gap, Optional<String> start) throws IOException {
        SseEmitter.SseEventBuilder event = SseEmitter.event().name("carillon.gap");
        start.ifPresent(event::id);
        StringBuilder data =
                new StringBuilder("{\"reason\":\"").append(word(gap.reason())).append('"');
        gap.after()
                .ifPresent(after ->
                        data.append(",\"after\":\"").append(word(after)).append('"'));
        if (gap.dropped() > 0) {
            data.append(",\"dropped\":").append(gap.dropped());
        }
        emitter.send(event.data(data.append('}').toString(), TEXT));
    }

    /** Reasons and cursors of nodes have no other characters. */
    private static String word(String text) {
        return text.replaceAll("[^A-Za-z0-9:._/+=-]", "");
    }

    void heartbeat() throws IOException {
        emitter.send(SseEmitter.event().comment(""));
    }

    /** The last event. */
    void end(String reason, Duration retry) throws IOException {
        emitter.send(SseEmitter.event()
                .reconnectTime(retry.toMillis())
                .name("carillon.close")
                .data("{\"reason\":\"" + word(reason) + "\"}", TEXT));
    }

    void complete() {
        emitter.complete();
    }
}
