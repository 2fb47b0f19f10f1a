package dev.carillon.node;

import static dev.carillon.node.RawWebSocket.BINARY;
import static dev.carillon.node.RawWebSocket.CLOSE;
import static dev.carillon.node.RawWebSocket.CONTINUATION;
import static dev.carillon.node.RawWebSocket.FIN;
import static dev.carillon.node.RawWebSocket.PING;
import static dev.carillon.node.RawWebSocket.PONG;
import static dev.carillon.node.RawWebSocket.RSV1;
import static dev.carillon.node.RawWebSocket.TEXT;
import static dev.carillon.node.RawWebSocket.deflated;
import static dev.carillon.node.RawWebSocket.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a WebSocket server must accept and refuse (RFC 6455, RFC 7692), one row each. Every row is sent whole and byte by byte. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketConformanceIT {
    private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate";
    private static final int NO_CODE = -1;
    /** The maximum size of a message: escaped data of the maximum size, and the rest. */
    private static final int MAX = 6 * 256 * 1024 + 128 * 1024;

    private TestCluster cluster;

    @BeforeAll
    void start() {
        cluster = new TestCluster("memory://ws-conformance", 1, Map.of());
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    /**
     * @param deflate whether compression is agreed on
     * @param closes code of the close frame; 0: the frames are one message that is answered, and the connection stays open
     */
    record Row(String name, boolean deflate, List<byte[]> frames, int closes) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row answered(String name, byte[]... frames) {
        return new Row(name, false, List.of(frames), 0);
    }

    private static Row closes(String name, int code, byte[]... frames) {
        return new Row(name, false, List.of(frames), code);
    }

    private static Row compressed(Row row) {
        return new Row("compressed: " + row.name(), true, row.frames(), row.closes());
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }

    /** A message with the reference 7, of exactly so many bytes. */
    private static byte[] message(int size) {
        String text = "{\"type\":\"ping\",\"ref\":7}";
        return (text + " ".repeat(size - text.length())).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] part(byte[] whole, int from, int to) {
        return Arrays.copyOfRange(whole, from, to);
    }

    private static byte[] code(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + text.length)
                .putShort((short) code)
                .put(text)
                .array();
    }

    private static byte[] unmasked(byte[] frame) {
        byte[] clear = frame.clone();
        clear[1] &= 0x7f;
        return clear;
    }

    static Stream<Row> rows() {
        return Stream.of(framing(), fragments(), control(), text(), closing(), compression(), limits())
                .flatMap(rows -> rows);
    }

    private static Stream<Row> framing() {
        byte[] some = message(30);
        List<Row> rows = new ArrayList<>();
        for (int size : new int[] {23, 125, 126, 127, 128, 65_535, 65_536, 200_000}) {
            rows.add(answered("text of " + size + " bytes", frame(FIN | TEXT, message(size))));
        }
        rows.add(closes("16 bits of length for a short frame", 1002, frame(FIN | TEXT, some, 126)));
        rows.add(closes("64 bits of length for a short frame", 1002, frame(FIN | TEXT, some, 127)));
        rows.add(closes("64 bits of length for a medium frame", 1002, frame(FIN | TEXT, message(300), 127)));
        rows.add(closes("a negative length", 1009, bytes("81FF 8000000000000000 00000000")));
        rows.add(closes("a text that is not masked", 1002, unmasked(frame(FIN | TEXT, some))));
        rows.add(closes("a ping that is not masked", 1002, unmasked(frame(FIN | PING, ""))));
        rows.add(closes("a close that is not masked", 1002, unmasked(frame(FIN | CLOSE, ""))));
        for (int reserved : new int[] {0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70}) {
            rows.add(
                    closes("reserved bits " + Integer.toHexString(reserved), 1002, frame(FIN | reserved | TEXT, some)));
        }
        for (int opcode : new int[] {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
            rows.add(closes("opcode " + opcode, 1002, frame(FIN | opcode, "")));
        }
        return rows.stream();
    }

    private static Stream<Row> fragments() {
        byte[] all = message(40);
        byte[][] single = IntStream.range(0, all.length)
                .mapToObj(i ->
                        frame((i == all.length - 1 ? FIN : 0) | (i == 0 ? TEXT : CONTINUATION), part(all, i, i + 1)))
                .toArray(byte[][]::new);
        byte[] first = frame(TEXT, part(all, 0, 10));
        byte[] last = frame(FIN | CONTINUATION, part(all, 10, 40));
        return Stream.of(
                answered("two fragments", first, last),
                answered("a fragment for each byte", single),
                answered("empty fragments", frame(TEXT, ""), frame(CONTINUATION, ""), frame(FIN | CONTINUATION, all)),
                answered("an empty last fragment", frame(TEXT, all), frame(FIN | CONTINUATION, "")),
                answered("a ping between fragments", first, frame(FIN | PING, "x"), last),
                answered("a pong between fragments", first, frame(FIN | PONG, "x"), last),
                closes("a continuation of nothing", 1002, frame(FIN | CONTINUATION, all)),
                closes("an unfinished continuation of nothing", 1002, frame(CONTINUATION, all)),
                closes("a continuation after a whole message", 1002, frame(FIN | TEXT, all), last),
                closes("a text within a text", 1002, first, frame(FIN | TEXT, all)),
                closes("binary within a text", 1002, first, frame(FIN | BINARY, all)),
                closes("a close between fragments", 1000, first, frame(FIN | CLOSE, code(1000, ""))));
    }

    private static Stream<Row> control() {
        List<Row> rows = new ArrayList<>();
        rows.add(answered("an unasked pong", frame(FIN | PONG, "unasked"), frame(FIN | TEXT, message(30))));
        rows.add(answered("a pong without data", frame(FIN | PONG, ""), frame(FIN | TEXT, message(30))));
        for (int opcode : new int[] {CLOSE, PING, PONG}) {
            rows.add(closes("a fragment of opcode " + opcode, 1002, frame(opcode, "")));
            rows.add(closes("126 bytes of opcode " + opcode, 1002, frame(FIN | opcode, new byte[126])));
            rows.add(closes("64 bits of length of opcode " + opcode, 1002, frame(FIN | opcode, new byte[0], 127)));
        }
        return rows.stream();
    }

    private static Stream<Row> text() {
        List<Row> rows = new ArrayList<>();
        byte[] greek = "{\"type\":\"ping\",\"ref\":7} ".getBytes(StandardCharsets.UTF_8);
        rows.add(answered(
                "text in fragments", frame(TEXT, part(greek, 0, 5)), frame(FIN, part(greek, 5, greek.length))));
        Map<String, String> invalid = Map.ofEntries(
                Map.entry("a continuation byte alone", "80"),
                Map.entry("a long form of two bytes", "C0 AF"),
                Map.entry("a long form of three bytes", "E0 80 AF"),
                Map.entry("a long form of four bytes", "F0 80 80 AF"),
                Map.entry("a high surrogate", "ED A0 80"),
                Map.entry("a low surrogate", "ED BF BF"),
                Map.entry("a code point above U+10FFFF", "F4 90 80 80"),
                Map.entry("a lead byte of five", "F8 88 80 80 80"),
                Map.entry("the byte FE", "FE"),
                Map.entry("the byte FF", "FF"),
                Map.entry("a lead byte without the rest", "CE"),
                Map.entry("three bytes without the last", "E2 82"),
                Map.entry("four bytes without the last", "F0 9F 98"),
                Map.entry("a lead byte before ASCII", "CE 41"));
        invalid.forEach((name, hex) -> rows.add(closes(name, 1007, frame(FIN | TEXT, bytes("41" + hex)))));
        rows.add(closes("invalid text in an unfinished message", 1007, frame(TEXT, bytes("41 FF"))));
        rows.add(closes(
                "an invalid byte across fragments", 1007, frame(TEXT, bytes("ED")), frame(CONTINUATION, bytes("A0"))));
        rows.add(closes(
                "a character that its message does not end", 1007, frame(TEXT, bytes("E2")), frame(FIN, bytes("82"))));
        return rows.stream();
    }

    private static Stream<Row> closing() {
        List<Row> rows = new ArrayList<>();
        rows.add(closes("close without a code", NO_CODE, frame(FIN | CLOSE, "")));
        rows.add(closes("close with half a code", 1002, frame(FIN | CLOSE, "x")));
        rows.add(closes("close with the longest reason", 1000, frame(FIN | CLOSE, code(1000, "x".repeat(123)))));
        rows.add(closes("close with an invalid reason", 1007, frame(FIN | CLOSE, bytes("03E8 41 CE"))));
        rows.add(closes(
                "frames after a close", 1000, frame(FIN | CLOSE, code(1000, "")), frame(FIN | TEXT, message(30))));
        for (int valid : new int[] {
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999
        }) {
            rows.add(closes("close with " + valid, valid, frame(FIN | CLOSE, code(valid, "reason"))));
        }
        for (int invalid : new int[] {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535}) {
            rows.add(closes("close with " + invalid, 1002, frame(FIN | CLOSE, code(invalid, "reason"))));
        }
        return rows.stream();
    }

    private static Stream<Row> compression() {
        byte[] small = deflated(message(60));
        byte[] large = deflated(message(100_000));
        byte[] first = frame(RSV1 | TEXT, part(small, 0, 3));
        byte[] last = frame(FIN | CONTINUATION, part(small, 3, small.length));
        return Stream.of(
                        answered("a text", frame(FIN | RSV1 | TEXT, small)),
                        answered("a large text", frame(FIN | RSV1 | TEXT, large)),
                        answered("fragments", first, last),
                        answered("fragments with a ping between", first, frame(FIN | PING, "x"), last),
                        answered("a text that is not", frame(FIN | TEXT, message(60))),
                        answered(
                                "two texts, each by itself",
                                frame(FIN | RSV1 | TEXT, deflated(" ".getBytes(StandardCharsets.UTF_8))),
                                frame(FIN | RSV1 | TEXT, small)),
                        answered("stored blocks", frame(FIN | RSV1 | TEXT, stored(message(60)))),
                        answered(
                                "a final block",
                                frame(FIN | RSV1 | TEXT, Bytes.join(finalBlock(message(60)), new byte[1]))),
                        closes(
                                "the mark on a continuation",
                                1002,
                                first,
                                frame(FIN | RSV1 | CONTINUATION, part(small, 3, small.length))),
                        closes("the mark on a ping", 1002, frame(FIN | RSV1 | PING, "")),
                        closes("the mark on a close", 1002, frame(FIN | RSV1 | CLOSE, "")),
                        closes("another reserved bit", 1002, frame(FIN | RSV1 | 0x20 | TEXT, small)),
                        closes("a block of an unknown kind", 1007, frame(FIN | RSV1 | TEXT, bytes("07"))),
                        closes("a reference to what is not there", 1007, frame(FIN | RSV1 | TEXT, reference())),
                        closes("invalid text", 1007, frame(FIN | RSV1 | TEXT, deflated(bytes("41 FF")))),
                        closes(
                                "a text that grows beyond the maximum",
                                1009,
                                frame(FIN | RSV1 | TEXT, deflated(new byte[50_000_000]))))
                .map(WebSocketConformanceIT::compressed);
    }

    private static byte[] stored(byte[] raw) {
        return ByteBuffer.allocate(raw.length + 6)
                .put((byte) 0)
                .put((byte) raw.length)
                .put((byte) 0)
                .put((byte) ~raw.length)
                .put((byte) 0xff)
                .put(raw)
                .put((byte) 0)
                .array();
    }

    private static byte[] finalBlock(byte[] raw) {
        byte[] block = stored(raw);
        block[0] = 1;
        return part(block, 0, block.length - 1);
    }

    /** A fixed block: the literal A, then a copy of three bytes from a distance of two. */
    private static byte[] reference() {
        return bytes("72 04 11 00");
    }

    private static Stream<Row> limits() {
        byte[] half = new byte[MAX / 2];
        Arrays.fill(half, (byte) ' ');
        return Stream.of(
                closes("a frame above the maximum", 1009, bytes("81FF 00000000 7FFFFFFF 00000000")),
                closes(
                        "fragments that together are above the maximum",
                        1009,
                        frame(TEXT, half),
                        frame(CONTINUATION, half),
                        frame(FIN, " ")));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void row(Row row) throws IOException {
        byte[] all = Bytes.join(row.frames().toArray(byte[][]::new));
        check(row, List.of(all));
        if (all.length < 1_000) {
            check(
                    row,
                    IntStream.range(0, all.length)
                            .mapToObj(i -> part(all, i, i + 1))
                            .toList());
        }
    }

    private void check(Row row, List<byte[]> parts) throws IOException {
        try (RawWebSocket client = open(row.deflate())) {
            for (byte[] part : parts) {
                client.send(part);
            }
            if (row.closes() == 0) {
                assertThat(client.awaitReply(7).path("status").asText()).isEqualTo("ok");
                // The connection is as before.
                client.text("{\"type\":\"ping\",\"ref\":8}");
                client.awaitReply(8);
            } else {
                assertThat(client.awaitClose().code()).isEqualTo(row.closes());
            }
        }
    }

    private RawWebSocket open(boolean deflate) throws IOException {
        RawWebSocket client =
                new RawWebSocket(cluster.node(0).port(), "/ws", deflate ? new String[] {DEFLATE} : new String[0]);
        assertThat(client.head()).startsWith("HTTP/1.1 101 ").contains("Sec-WebSocket-Accept: " + RawWebSocket.ACCEPT);
        assertThat(client.header("Sec-WebSocket-Extensions") != null).isEqualTo(deflate);
        client.awaitType("open");
        return client;
    }

    @Test
    void a_ping_is_answered_with_its_data_at_once() throws IOException {
        try (RawWebSocket client = open(false)) {
            for (int size : new int[] {0, 1, 125}) {
                byte[] data = new byte[size];
                Arrays.fill(data, (byte) 0xfe);
                client.send(frame(TEXT, "{\"type\":"));
                client.send(frame(FIN | PING, data));
                RawWebSocket.Received pong = client.next();
                assertThat(pong.opcode()).isEqualTo(PONG);
                assertThat(pong.payload()).isEqualTo(data);
                client.send(frame(FIN, "\"ping\",\"ref\":1}"));
                client.awaitReply(1);
            }
        }
    }

    @Test
    void text_of_every_length_of_utf8_is_read_wherever_it_is_cut() throws IOException {
        String ref = "aß€😀\uD7FF\uE000\uFFFF";
        byte[] text = ("{\"type\":\"ping\",\"ref\":\"" + ref + "\"}").getBytes(StandardCharsets.UTF_8);
        try (RawWebSocket client = open(true)) {
            for (int cut = 0; cut <= text.length; cut++) {
                client.send(frame(TEXT, part(text, 0, cut)));
                client.send(frame(FIN, part(text, cut, text.length)));
                client.awaitReply(ref);
            }
            client.send(frame(FIN | RSV1 | TEXT, deflated(text)));
            client.awaitReply(ref);
        }
    }

    @Test
    void binary_is_refused_in_a_reply_and_the_connection_stays_open() throws IOException {
        try (RawWebSocket client = open(false)) {
            client.send(frame(FIN | BINARY, new byte[] {1, 2, 3}));
            assertThat(client.awaitType("reply").path("detail").asText()).isEqualTo("message: must be text");
            client.text("{\"type\":\"ping\",\"ref\":8}");
            client.awaitReply(8);
        }
    }

    @Test
    void long_events_are_compressed_and_short_ones_are_not() throws IOException {
        try (RawWebSocket client = open(true);
                RawWebSocket plain = open(false)) {
            for (RawWebSocket each : List.of(client, plain)) {
                each.text("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"a\"]}");
                each.awaitReply(1);
            }
            String longData = "to be or not to be ".repeat(2_000);
            for (String data : List.of("short", longData, longData)) {
                TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:a\",\"data\":\"" + data + "\"}");
                RawWebSocket.Received received = client.next();
                assertThat(received.compressed()).isEqualTo(data.length() > 100);
                assertThat(received.json().path("data").asText()).isEqualTo(data);
                RawWebSocket.Received same = plain.next();
                assertThat(same.compressed()).isFalse();
                assertThat(same.json()).isEqualTo(received.json());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "permessage-deflate|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "Permessage-Deflate|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits=9|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits=\"10\"|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate;server_no_context_takeover;client_no_context_takeover|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; server_max_window_bits=15|permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15",
                "permessage-deflate; server_max_window_bits=10|none",
                "permessage-deflate; server_max_window_bits=10, permessage-deflate|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; server_max_window_bits|none",
                "permessage-deflate; client_max_window_bits=7|none",
                "permessage-deflate; client_max_window_bits=16|none",
                "permessage-deflate; client_max_window_bits=08|none",
                "permessage-deflate; server_no_context_takeover=1|none",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover|none",
                "permessage-deflate; unknown|none",
                "x-webkit-deflate-frame|none",
                "mux; max-channels=4, permessage-deflate|permessage-deflate; server_no_context_takeover; client_no_context_takeover",
                ";;,,=|none",
            })
    void offer_of_compression_is_answered(String offer, String answer) throws IOException {
        try (RawWebSocket client =
                new RawWebSocket(cluster.node(0).port(), "/ws", "Sec-WebSocket-Extensions: " + offer)) {
            assertThat(client.head()).startsWith("HTTP/1.1 101 ");
            assertThat(client.header("Sec-WebSocket-Extensions")).isEqualTo(answer);
            client.awaitType("open");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "carillon.v1|carillon.v1",
                "carillon.v1, chat|carillon.v1",
                "chat|none",
                "CARILLON.V1|none",
            })
    void subprotocol_is_answered(String offer, String answer) throws IOException {
        try (RawWebSocket client =
                new RawWebSocket(cluster.node(0).port(), "/ws", "Sec-WebSocket-Protocol: " + offer)) {
            assertThat(client.header("Sec-WebSocket-Protocol")).isEqualTo(answer);
        }
    }
}
