package dev.carillon.spring;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Begins when Spring takes it from the controller: until then, Spring would collect what is sent, and it may never take it. */
final class TakenEmitter extends SseEmitter {
    private final Consumer<SseEmitter> onTaken;
    private final AtomicBoolean taken = new AtomicBoolean();

    TakenEmitter(Consumer<SseEmitter> onTaken) {
        super(0L);
        this.onTaken = onTaken;
    }

    @Override
    protected void extendResponse(ServerHttpResponse outputMessage) {
        super.extendResponse(outputMessage);
        if (taken.compareAndSet(false, true)) {
            onTaken.accept(this);
        }
    }
}
