package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.client.CarillonClient;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.ServerHttpResponse;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** An emitter between a controller and Spring. Its threads are counted, and do not run. */
class TakenEmitterTest {
    private static final CarillonProperties.Emitters LIMITS =
            new CarillonProperties.Emitters(1, 3, 300_000, Duration.ofMillis(100));

    private final List<String> started = new ArrayList<>();

    private final EmitterRuntime runtime = new EmitterRuntime() {
        @Override
        public void start(String name, Runnable task) {
            started.add(name);
        }

        @Override
        public void sleep(Duration duration) {
            throw new AssertionError("not in this test");
        }

        @Override
        public Duration between(Duration least, Duration most) {
            return least;
        }
    };

    private static final class Response implements ServerHttpResponse {
        private final HttpHeaders headers = new HttpHeaders();

        @Override
        public void setStatusCode(HttpStatusCode status) {}

        @Override
        public void flush() {}

        @Override
        public void close() {}

        @Override
        public OutputStream getBody() {
            return OutputStream.nullOutputStream();
        }

        @Override
        public HttpHeaders getHeaders() {
            return headers;
        }
    }

    @Test
    void emitter_begins_when_spring_takes_it_so_that_one_that_a_controller_drops_uses_nothing() {
        try (CarillonClient client =
                CarillonClient.builder(URI.create("http://127.0.0.1:1")).build()) {
            CarillonEmitters emitters = new CarillonEmitters(client, LIMITS, runtime);
            emitters.start();
            SseEmitter dropped = emitters.open(null, "a");
            SseEmitter taken = emitters.open(null, "a");
            assertThat(dropped).isNotSameAs(taken);
            assertThat(started).isEmpty();
            assertThat(emitters.emitters()).isZero();

            Response response = new Response();
            ((TakenEmitter) taken).extendResponse(response);
            ((TakenEmitter) taken).extendResponse(response);

            assertThat(response.headers.getFirst(HttpHeaders.CONTENT_TYPE)).isEqualTo("text/event-stream");
            assertThat(started).containsExactly("carillon-emitter");
            assertThat(emitters.emitters()).isEqualTo(1);
        }
    }
}
