package dev.carillon.cli;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.RawHttp2;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A target of Jazzer: one input is the bytes of one connection of HTTP/1.1, of HTTP/2, or of a WebSocket after its upgrade, to a node and
 * to a proxy before it. Both answer HTTP/1.1 alike and never with 5xx, every connection whose client has ended its side is closed, other
 * clients are served, and nothing is logged with a stack trace. Says at its end how often which was answered.
 */
public final class WireFuzz {
    private static final String POST = "POST /broadcast HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer " + TestCluster.token() + "\r\n";

    private static final List<String> REQUESTS = List.of(
            "GET /_health HTTP/1.1\r\nHost: h\r\n",
            "GET /history?topic=a HTTP/1.1\r\nHost: h\r\n",
            "GET http://h/_health HTTP/1.1\r\nHost: h\r\n",
            "POST /.well-known/mercure HTTP/1.0\r\n",
            "OPTIONS /broadcast HTTP/1.1\r\nHost: h\r\n",
            "HEAD /_health HTTP/1.1\r\nHost: h\r\n",
            "PUT /nothing HTTP/1.1\r\nHost: [::1]:80\r\n",
            POST,
            POST,
            "");

    private static final String EVENT = "{\"scope\":\"global\",\"data\":\"\"}";

    /** Behind which the next is read. */
    private static final List<String> WHOLE = List.of(
            "GET /_health HTTP/1.1\r\nHost: h\r\n\r\n",
            "HEAD /_health HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /history?topic=a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n",
            "GET /_health HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd",
            POST + "Content-Length: " + EVENT.length() + "\r\n\r\n" + EVENT,
            POST + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(EVENT.length()) + ";x\r\n" + EVENT
                    + "\r\n0\r\nT: v\r\n\r\n",
            POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n00\r\n\r\n");

    private static final List<String> HEADERS = List.of(
            "Content-Length: 5\r\n\r\nhello",
            "Content-Length: 5\r\n",
            "Content-Length: +5\r\n",
            "Content-Length: 5, 5\r\n",
            "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n1ezz\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding:\tchunked\r\n",
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
            "Connection: Origin, close\r\n",
            "Expect: 100-continue\r\n",
            "Cookie: a=\"b; carillon_session=x.y; carillon_node=z\r\n",
            "Authorization: Bearer \r\n",
            "X-Forwarded-For: 1.cafe.de\r\n",
            "Last-Event-ID: cursor:1:a.b.c\r\n",
            "Accept-Encoding: gzip;q=x\r\n",
            "Origin: null\r\n",
            "Host: a, b\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\r\n",
            "\r\n",
            "\n",
            "\0");

    private static final List<String> PATHS =
            List.of("/_health", "/", "/history?topic=a", "/events?topic=a", "/nothing", "no path", "");

    private static final String LAST = "GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final byte[] UPGRADE = """
            GET /ws?topic=a HTTP/1.1
            Host: localhost
            Connection: Upgrade
            Upgrade: websocket
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

            """.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);

    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ");
    private static final Map<String, Integer> ANSWERS = new TreeMap<>();
    private static final WireServers SERVERS = new WireServers();

    private WireFuzz() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
        switch (data.consumeInt(0, 3)) {
            case 0, 1 -> http1(data);
            case 2 -> http2(data);
            default -> webSocket(data);
        }
        SERVERS.requireHealthy();
    }

    private static void http1(FuzzedDataProvider data) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int n = data.consumeInt(1, 3); n > 0; n--) {
            if (data.consumeInt(0, 2) > 0) {
                text.append(data.pickValue(WHOLE));
                continue;
            }
            text.append(data.pickValue(REQUESTS));
            for (int i = data.consumeInt(0, 3); i > 0; i--) {
                text.append(data.consumeInt(0, 9) == 0 ? data.consumeAsciiString(10) : data.pickValue(HEADERS));
            }
            text.append(data.consumeInt(0, 3) == 0 ? "" : "\r\n");
        }
        byte[] bytes = (text + LAST).getBytes(StandardCharsets.ISO_8859_1);
        WireServers.Answer node = SERVERS.node(bytes);
        WireServers.Answer proxy = SERVERS.proxy(bytes);
        List<String> byNode = statuses(node);
        List<String> byProxy = statuses(proxy);
        String said = ": node " + byNode + ", proxy " + byProxy + " to " + text;
        require(byNode.stream().noneMatch(status -> status.startsWith("5")), "it failed" + said);
        require(byProxy.stream().noneMatch(status -> status.startsWith("5")), "it failed" + said);
        if (node.closedByItself() && proxy.closedByItself()) {
            require(alike(byNode, byProxy) || alike(byProxy, byNode), "they differ" + said);
            count("http1", "alike");
        }
        count("http1", byNode.isEmpty() ? "nothing" : byNode.getFirst());
    }

    /** The same, but that one may close where the other says why it does: a reset takes an answer with it that was not read yet. */
    private static boolean alike(List<String> longer, List<String> shorter) {
        return longer.equals(shorter)
                || longer.size() == shorter.size() + 1
                        && longer.getLast().equals("400")
                        && longer.subList(0, shorter.size()).equals(shorter);
    }

    private static List<String> statuses(WireServers.Answer answer) {
        Matcher status = STATUS.matcher(new String(answer.bytes(), StandardCharsets.ISO_8859_1));
        return status.results().map(found -> found.group(1)).toList();
    }

    private static void http2(FuzzedDataProvider data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PREFACE);
        if (data.consumeInt(0, 9) > 0) {
            out.writeBytes(RawHttp2.frame(RawHttp2.SETTINGS, 0, 0, new byte[0]));
        }
        int stream = 1;
        for (int n = data.consumeInt(0, 12); n > 0; n--) {
            switch (data.consumeInt(0, 5)) {
                case 0, 1 -> {
                    boolean ends = data.consumeBoolean();
                    String method = data.pickValue(List.of("GET", "POST", "HEAD", "CONNECT", ""));
                    String[] header = data.consumeBoolean()
                            ? new String[] {"content-length", data.pickValue(List.of("5", "0", "x", "-1"))}
                            : new String[] {"x" + data.consumeAsciiString(5), data.consumeAsciiString(10)};
                    out.writeBytes(RawHttp2.head(stream, ends, method, data.pickValue(PATHS), header));
                    stream += 2;
                }
                case 2 ->
                    out.writeBytes(RawHttp2.frame(
                            RawHttp2.DATA, data.consumeInt(0, 1), Math.max(1, stream - 2), data.consumeBytes(10)));
                default -> {
                    byte[] payload = data.consumeBytes(data.consumeInt(0, 40));
                    byte[] frame = RawHttp2.frame(
                            data.consumeInt(0, 11),
                            data.consumeBoolean() ? 5 : data.consumeByte(),
                            data.consumeInt(0, 9) == 0 ? data.consumeInt() : data.consumeInt(0, 7),
                            payload);
                    if (data.consumeInt(0, 9) == 0) {
                        ByteBuffer.wrap(frame).put((byte) 0).putShort(data.consumeShort());
                    }
                    for (int times = data.consumeInt(0, 19) == 0 ? 400 : 1; times > 0; times--) {
                        out.writeBytes(frame);
                    }
                }
            }
        }
        for (WireServers.Answer answer : SERVERS.both(out.toByteArray())) {
            count("http2", answer.bytes().length == 0 ? "nothing" : answer.closedByItself() ? "closed" : "frames");
        }
    }

    private static void webSocket(FuzzedDataProvider data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(UPGRADE);
        for (int n = data.consumeInt(0, 8); n > 0; n--) {
            byte[] payload = data.consumeBytes(data.consumeInt(0, 60));
            out.write(data.consumeInt(0, 5) == 0 ? data.consumeByte() : 0x80 | data.consumeInt(0, 10));
            switch (data.consumeInt(0, 7)) {
                case 0 -> out.write(data.consumeByte());
                case 1 ->
                    out.writeBytes(ByteBuffer.allocate(3)
                            .put((byte) 0xFE)
                            .putShort((short) payload.length)
                            .array());
                case 2 ->
                    out.writeBytes(ByteBuffer.allocate(9)
                            .put((byte) 0xFF)
                            .putLong(data.consumeBoolean() ? payload.length : data.consumeLong())
                            .array());
                default -> out.write(0x80 | payload.length);
            }
            out.writeBytes(new byte[] {1, 2, 3, 4});
            out.writeBytes(payload);
        }
        for (WireServers.Answer answer : SERVERS.both(out.toByteArray())) {
            ByteBuffer come = ByteBuffer.wrap(answer.bytes());
            skipHead(come);
            int last = -1;
            while (come.remaining() >= 2) {
                last = come.get() & 0xFF;
                int second = come.get() & 0xFF;
                // Never masked, and no event here is longer than two bytes can say (RFC 6455, sections 5.1 and 5.2).
                require((last & 0x70) == 0 && second <= 126, "not a frame of a server: " + last + " " + second);
                int length = second == 126 && come.remaining() >= 2 ? come.getShort() & 0xFFFF : second;
                come.position(come.position() + Math.min(length, come.remaining()));
            }
            count("websocket", last < 0 ? "nothing" : "opcode " + (last & 0x0F));
        }
    }

    private static void skipHead(ByteBuffer bytes) {
        int end = 0;
        while (end < 4 && bytes.hasRemaining()) {
            byte b = bytes.get();
            end = b == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : b == '\r' ? 1 : 0;
        }
    }

    private static void count(String protocol, String answer) {
        ANSWERS.merge(protocol + " " + answer, 1, Integer::sum);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    public static void fuzzerTearDown() {
        System.out.println("answers: " + ANSWERS + ", " + SERVERS.summary());
    }
}
