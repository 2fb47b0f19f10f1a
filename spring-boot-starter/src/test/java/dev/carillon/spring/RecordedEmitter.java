package dev.carillon.spring;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** An emitter whose events are kept as text. */
class RecordedEmitter extends SseEmitter {
    final List<String> sent = new CopyOnWriteArrayList<>();
    volatile boolean complete;

    @Override
    public void send(SseEventBuilder builder) throws IOException {
        sent.add(builder.build().stream()
                .map(part -> String.valueOf(part.getData()))
                .collect(Collectors.joining()));
    }

    @Override
    public synchronized void complete() {
        complete = true;
    }

    /** The data of all events but those of the node. */
    List<String> data() {
        return sent.stream()
                .filter(text -> !text.contains("event:carillon."))
                .flatMap(text -> Stream.of(text.split("\n", -1)))
                .filter(line -> line.startsWith("data:"))
                .map(line -> line.substring("data:".length()).replaceFirst("^ ", ""))
                .toList();
    }
}
