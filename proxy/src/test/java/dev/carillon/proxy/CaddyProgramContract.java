package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.SseClient;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Also: {@code encode}, which many sites of Caddy have, leaves the nodes' streams alone; and a request waits for a node. */
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

    @Tag("full")
    @Test
    void a_request_waits_while_no_node_is_up_for_a_moment() throws Exception {
        TestNode node = node();
        node.health = 503;
        RunningProxy proxy = run(site(node));
        await(() -> get(proxy, "/", "").status() == 503);

        try (RawClient client = client(proxy)) {
            client.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
            node.health = 200;

            assertThat(answer(client).isFrom(node)).isTrue();
        }
    }
}
