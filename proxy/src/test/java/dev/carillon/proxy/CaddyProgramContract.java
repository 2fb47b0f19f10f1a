package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.SseClient;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Also: {@code encode}, which many sites of Caddy have, leaves the nodes' streams alone. */
abstract class CaddyProgramContract extends ProgramContract {
    CaddyProgramContract(ProxyProgram program) {
        super(program);
    }

    @Test
    void encode_does_not_code_a_coded_stream_again() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.write(
                    socket,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
            TestNode.chunk(socket, "not gzip!".repeat(1_000));
            TestNode.write(socket, "0\r\n\r\n");
        };
        RunningProxy proxy = own(program()
                .start(site(node), text -> text.replace("    request_body {", "    encode gzip\n    request_body {")));

        Answer answer = get(proxy, "/events", "Accept-Encoding: gzip\r\n");
        assertThat(answer.head().header("Content-Encoding")).containsExactly("gzip");
        assertThat(answer.rest()).contains("not gzip!not gzip!");
    }

    @Test
    void encode_does_not_delay_an_uncoded_stream() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.chunk(socket, "data: one\n\n");
            TestNode.awaitEnd(socket);
        };
        RunningProxy proxy = own(program()
                .start(site(node), text -> text.replace("    request_body {", "    encode gzip\n    request_body {")));

        SseClient stream = own(SseClient.open(
                proxy.port(), "/events", Map.of("Accept", "text/event-stream", "Accept-Encoding", "gzip")));
        await(() -> stream.data().contains("one"));
    }
}
