package dev.carillon.edge;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.testkit.RawHttp2;
import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A Jazzer target. An input is HTTP/1.1 requests, a chunked body, HTTP/2 frames, or an address. Checks that a verdict does not depend on
 * how the bytes are split, and that Undertow parses accepted input in the same way or refuses it. Prints at the end how many inputs were
 * accepted.
 */
public final class EdgeFuzz {
    private static final RequestCheck CHECK = new RequestCheck(1 << 20);
    private static final int MAX_BODY = 200;

    private static final List<String> FIRST_LINES = List.of(
            "GET / HTTP/1.1\r\nHost: h\r\n",
            "POST /a?b=c HTTP/1.1\r\nHost: h:80\r\n",
            "GET http://h:80/a?b HTTP/1.1\r\nHost: h:80\r\n",
            "GET http://h HTTP/1.0\r\n",
            "GET /;a=b?%2F{x} HTTP/1.0\r\n",
            "OPTIONS * HTTP/1.1\r\nHost:\r\n",
            "CONNECT h:80 HTTP/1.1\r\nHost: [::1]:8\r\n",
            "PRI * HTTP/2.0\r\n",
            "\r\nGET /.. HTTP/1.1\r\n",
            "GET ",
            "");

    private static final List<String> HEADERS = List.of(
            "Content-Length: 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5, 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Transfer-Encoding:\tchunked \r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Host: h\r\n",
            "Expect: 100-continue\r\n",
            "Cookie: a=\"b; c=d\r\n",
            "X: y\r\n",
            "X:\r\n");

    private static final List<String> CHUNKS = List.of(
            "5\r\nhello\r\n",
            "00a;x=\"y\"\r\n0123456789\r\n",
            "1;\r\n\r\r\n",
            "0\r\n",
            "T: v\r\n",
            "1ezz\r\n",
            "ffffffff\r\n",
            "7fffffffffffffff\r\n");

    /** Parts of heads and bodies. */
    private static final List<String> ENDS = List.of(
            "\r\n",
            "\r\nhello",
            "\r\n5\r\nhello\r\n0\r\n\r\n",
            "\r\n3;x\r\nabc\r\n0\r\nT: v\r\n\r\n",
            "0\r\n\r\n",
            "0;x\r\nT: v\r\n\r\nGET / HTTP/1.1\r\n",
            "");

    private static final List<String> PIECES = List.of(
            " HTTP/1.1\r\n",
            "/",
            "//",
            "?",
            "#",
            "%",
            "://",
            "[::1]",
            ": \r\n",
            " folded\r\n",
            "\r\n",
            "\n",
            "\r",
            "\t",
            "\0",
            "\u00ff",
            ";",
            ",",
            "=");

    private static final Map<String, Integer> ACCEPTED = new TreeMap<>();

    private EdgeFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
        switch (data.consumeInt(0, 5)) {
            case 0, 1 -> requests(requests(data), data);
            case 2 -> body(chunks(data), data);
            case 3, 4 -> frames(data);
            default -> address(data.consumeRemainingAsString());
        }
    }

    /** Pipelined requests, as far as they are complete and valid. */
    private static void requests(byte[] bytes, FuzzedDataProvider data) {
        int at = 0;
        for (int n = 0; at < bytes.length; n++) {
            byte[] rest = Arrays.copyOfRange(bytes, at, bytes.length);
            int end = head(rest, data);
            if (end < 0) {
                return;
            }
            byte[] head = Arrays.copyOf(rest, end);
            HttpServerExchange parsed = UndertowParsers.head(head);
            if (parsed == null) {
                accepted("head that Undertow refuses");
                return;
            }
            requireSameHead(head, parsed);
            if (CHECK.check(parsed).isPresent()) {
                accepted("head that the check refuses");
                return;
            }
            accepted(n == 0 ? "request" : "next request");
            byte[] body = Arrays.copyOfRange(rest, end, rest.length);
            int length = bodyLength(parsed, body, data);
            if (length < 0) {
                return;
            }
            at += end + length;
        }
    }

    /** The length of a complete and valid head; negative for any other. */
    private static int head(byte[] bytes, FuzzedDataProvider data) {
        HeadScan single = new HeadScan();
        single.reset();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Violation wrong = null;
        int end = 0;
        while (end < bytes.length && wrong == null && !single.isDone()) {
            wrong = single.scan(buffer, end, ++end);
        }
        HeadScan other = new HeadScan();
        other.reset();
        Violation again = null;
        for (int from = 0; from < bytes.length && again == null; ) {
            int to = Math.min(bytes.length, from + data.consumeInt(1, 20));
            again = other.scan(buffer, from, to);
            from = to;
        }
        require(
                String.valueOf(wrong).equals(String.valueOf(again)) && single.isDone() == other.isDone(),
                "the verdict on a head depends on how it was split: " + wrong + ", " + again);
        return wrong == null && single.isDone() && !single.isPreface() ? end : -1;
    }

    private static void requireSameHead(byte[] bytes, HttpServerExchange parsed) {
        List<String> lines = List.of(new String(bytes, StandardCharsets.ISO_8859_1).split("\r\n", -1));
        String[] first = lines.getFirst().split(" ", -1);
        require(parsed.getRequestMethod().toString().equals(first[0]), "another method: " + lines);
        require(parsed.getProtocol().toString().equals(first[2]), "another version: " + lines);
        List<String> sent = new ArrayList<>();
        // The last header is followed by the end of its line and an empty line.
        for (String line : lines.subList(1, lines.size() - 2)) {
            int colon = line.indexOf(':');
            sent.add(line.substring(0, colon).toLowerCase(java.util.Locale.ROOT) + ":"
                    + blanksCut(line.substring(colon + 1)));
        }
        List<String> read = new ArrayList<>();
        parsed.getRequestHeaders()
                .forEach(values -> values.forEach(
                        value -> read.add(values.getHeaderName().toString().toLowerCase(java.util.Locale.ROOT) + ":"
                                + blanksCut(value))));
        sent.sort(null);
        read.sort(null);
        require(sent.equals(read), "other headers: sent " + sent + ", read " + read);
    }

    private static String blanksCut(String value) {
        return value.replaceAll("^[ \t]+|[ \t]+$", "");
    }

    /** The length of the request's body; negative when it is incomplete or invalid. */
    private static int bodyLength(HttpServerExchange parsed, byte[] bytes, FuzzedDataProvider data) {
        if (parsed.getRequestHeaders().contains("Transfer-Encoding")) {
            return body(bytes, data);
        }
        String length = parsed.getRequestHeaders().getFirst("Content-Length");
        long announced = length == null ? 0 : Long.parseLong(length);
        return announced <= bytes.length ? (int) announced : -1;
    }

    private static int body(byte[] bytes, FuzzedDataProvider data) {
        ChunkScan single = new ChunkScan(MAX_BODY);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Violation wrong = null;
        int end = 0;
        while (end < bytes.length && wrong == null && !single.isDone()) {
            wrong = single.scan(buffer, end, ++end);
        }
        ChunkScan other = new ChunkScan(MAX_BODY);
        Violation again = null;
        for (int from = 0; from < bytes.length && again == null; ) {
            int to = Math.min(bytes.length, from + data.consumeInt(1, 20));
            again = other.scan(buffer, from, to);
            from = to;
        }
        require(
                String.valueOf(wrong).equals(String.valueOf(again)) && single.isDone() == other.isDone(),
                "the verdict on a body depends on how it was split: " + wrong + ", " + again);
        if (wrong != null || !single.isDone()) {
            return -1;
        }
        byte[] content = content(bytes);
        UndertowParsers.Body read = UndertowParsers.body(bytes, 1 + data.consumeInt(0, 20));
        if (read == null) {
            accepted("body that Undertow refuses");
            return -1;
        }
        require(Arrays.equals(content, read.content()), "another body");
        require(read.length() == end, "a body of " + end + " bytes ends for Undertow after " + read.length());
        require(content.length <= MAX_BODY, "a body larger than allowed");
        accepted("body in chunks");
        return end;
    }

    /** Parts of well-formed chunks. */
    private static byte[] content(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int at = 0;
        while (true) {
            int line = text.indexOf("\r\n", at);
            int size = Integer.parseInt(text.substring(at, line).split(";", 2)[0], 16);
            if (size == 0) {
                return content.toByteArray();
            }
            content.write(bytes, line + 2, size);
            at = line + 2 + size + 2;
        }
    }

    private static void frames(FuzzedDataProvider data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int control = 0;
        int windows = 0;
        boolean wrong = data.consumeInt(0, 19) == 0;
        out.writeBytes(RawHttp2.frame(wrong ? RawHttp2.PING : RawHttp2.SETTINGS, 0, 0, new byte[0]));
        int continuations = 0;
        int block = 0;
        for (int n = data.consumeInt(1, 20); n > 0 && !wrong; n--) {
            int type = data.consumeInt(0, 11);
            int flags = data.consumeBoolean() ? data.consumeInt(0, 5) : data.consumeByte() & 0xFF;
            int length = data.consumeInt(0, 9) == 0 ? data.consumeInt(0, 0x5000) : data.consumeInt(0, 64);
            int times = data.consumeInt(0, 9) == 0 ? data.consumeInt(1, 400) : 1;
            byte[] frame = RawHttp2.frame(type, flags, data.consumeInt(), new byte[length]);
            for (int i = 0; i < times && !wrong; i++) {
                out.writeBytes(frame);
                wrong = length > FrameLimiter.MAX_PAYLOAD;
                switch (type) {
                    case RawHttp2.DATA -> control += length == 0 && (flags & RawHttp2.END_STREAM) == 0 ? 1 : 0;
                    case RawHttp2.HEADERS -> {
                        continuations = 0;
                        block = length;
                    }
                    case RawHttp2.CONTINUATION -> {
                        block += length;
                        wrong |= ++continuations > FrameLimiter.MAX_CONTINUATIONS
                                || block > FrameLimiter.MAX_BLOCK_BYTES;
                        control += length == 0 && (flags & RawHttp2.END_HEADERS) == 0 ? 1 : 0;
                    }
                    case RawHttp2.WINDOW_UPDATE -> windows++;
                    default -> control += 1 + length / 60;
                }
                wrong |= control > FrameLimiter.CONTROL_BURST || windows > FrameLimiter.WINDOW_BURST;
            }
        }
        byte[] bytes = out.toByteArray();
        boolean refused = isRefused(bytes, bytes.length, 0);
        require(refused == wrong, "frames that are " + (wrong ? "" : "not ") + "too many are judged otherwise");
        require(
                isRefused(bytes, data.consumeInt(1, 40), data.consumeInt(0, 9)) == refused,
                "the verdict on frames depends on how they were split");
        accepted(refused ? "frames refused" : "frames");
    }

    private static boolean isRefused(byte[] bytes, int each, int first) {
        FrameLimiter meter = new FrameLimiter(() -> 0);
        try {
            int to = Math.min(bytes.length, first);
            meter.received(ByteBuffer.wrap(bytes, 0, to));
            for (int from = to; from < bytes.length; from = to) {
                to = Math.min(bytes.length, from + each);
                meter.received(ByteBuffer.wrap(bytes, from, to - from));
            }
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void address(String text) {
        Optional<LiteralAddress> literal = LiteralAddress.parse(text);
        literal.ifPresent(at -> {
            InetAddress address = at.address();
            require(
                    LiteralAddress.parse(address.getHostAddress()).equals(literal),
                    "an address changes on its way: " + text);
            require(
                    LiteralAddress.parseHop(text).equals(literal),
                    "an address that is none where a proxy writes it: " + text);
            require(
                    Networks.parse(List.of(text), IllegalArgumentException::new).contains(address),
                    "an address is not in its own network: " + text);
            accepted("address");
        });
        Optional<LiteralAddress> hop = LiteralAddress.parseHop(text);
        hop.ifPresent(at -> LiteralAddress.key(at.address()));
        try {
            Networks.parse(List.of(text), IllegalArgumentException::new);
            accepted("network");
        } catch (IllegalArgumentException e) {
            // Refused with the given exception.
        }
    }

    /** Random requests, most of them almost valid. */
    private static byte[] requests(FuzzedDataProvider data) {
        StringBuilder text = new StringBuilder();
        for (int n = data.consumeInt(1, 3); n > 0; n--) {
            text.append(data.pickValue(FIRST_LINES));
            add(text, data, HEADERS, data.consumeInt(0, 3));
            add(text, data, PIECES, data.consumeInt(0, 9) - 7);
            text.append(data.pickValue(ENDS));
        }
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] chunks(FuzzedDataProvider data) {
        StringBuilder text = new StringBuilder();
        add(text, data, CHUNKS, data.consumeInt(0, 4));
        add(text, data, PIECES, data.consumeInt(0, 9) - 6);
        text.append(data.pickValue(ENDS));
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void add(StringBuilder text, FuzzedDataProvider data, List<String> some, int count) {
        for (int n = count; n > 0; n--) {
            text.append(data.consumeInt(0, 9) == 0 ? latin(data.consumeBytes(8)) : data.pickValue(some));
        }
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static void accepted(@Nullable String what) {
        ACCEPTED.merge(String.valueOf(what), 1, Integer::sum);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    public static void fuzzerTearDown() {
        System.out.println("accepted: " + ACCEPTED);
    }
}
