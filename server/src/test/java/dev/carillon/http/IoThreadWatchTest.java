package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class IoThreadWatchTest {
    private static StackTraceElement frame(String type) {
        return new StackTraceElement(type, "call", "File.java", 1);
    }

    @Test
    void handler_is_the_first_frame_that_is_of_no_library() {
        StackTraceElement[] stack = {
            frame("java.lang.Thread"),
            frame("io.undertow.server.Connectors"),
            frame("com.example.Rights"),
            frame("dev.carillon.stream.EventsHandler"),
            frame("org.xnio.nio.WorkerThread")
        };

        assertThat(IoThreadWatch.handler(stack))
                .hasValueSatisfying(found -> assertThat(found.getClassName()).isEqualTo("com.example.Rights"));
        assertThat(IoThreadWatch.handler(new StackTraceElement[] {frame("java.lang.Thread")}))
                .isEmpty();
    }
}
