package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.node.TestCluster;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * Node and proxy judge the bytes of a request alike, so that nothing is smuggled from one past the other: each request of a table is
 * sent to both, whole and byte by byte. Among them are the forms of published lists: the differences of chunk and header parsing that
 * "HTTP Desync Attacks" (Kettle, 2019), "HTTP Garden" (2024), "TE.0" (2024) and "Funky Chunks" (2025) describe.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestVerdictsIT {
    /** Behind each refused request: it must never be answered. */
    private static final String SMUGGLED = "GET /_health HTTP/1.1\r\nHost: smuggled\r\n\r\n";

    /** With a good token: the body is read to its end before the answer. */
    private static final String POST = "POST /broadcast HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer " + TestCluster.token() + "\r\n";

    private static final String EVENT = "{\"scope\":\"global\",\"data\":\"x\"}";
    private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String GET = "GET /_health HTTP/1.1\r\n";

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<Integer> ports = new ArrayList<>();
    private final TestCluster cluster = new TestCluster("memory://verdicts", 1, Map.of("anonymous", "true"));
    private StickyProxy proxy;

    RequestVerdictsIT() throws InterruptedException {
        int port = cluster.node(0).port();
        proxy = StickyProxy.start(ProxyConfig.of(List.of(URI.create("http://127.0.0.1:" + port))));
        ports.add(port);
        ports.add(proxy.port());
    }

    @BeforeAll
    void watchLog() {
        log.start();
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(log);
    }

    @AfterAll
    void stop() {
        // Before they stop: XNIO logs an error if a connection arrives at a thread that is about to end.
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
        proxy.close();
        cluster.close();
        assertThat(log.list)
                .allSatisfy(event -> assertThat(event.getThrowableProxy()).isNull())
                .noneSatisfy(event -> assertThat(event.getLevel()).isEqualTo(Level.ERROR));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                // Lines of the head.
                bad("LF and without CR", GET + "Host: h\n\r\n"),
                bad("LF and without CR", "GET /_health HTTP/1.1\nHost: h\n\n"),
                bad("LF and without CR", GET + "Host: h\r\n\n"),
                bad("LF and without CR", GET + "Host: h\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n"),
                bad("LF and without CR", GET + "Host: h\r\nX\nY: a\r\n\r\n"),
                bad("CR without LF", GET + "Host: h\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n"),
                bad("CR without LF", GET + "Host: h\r\n\rX: a\r\n\r\n"),
                bad("CR without LF", "GET /_health HTTP/1.1\rHost: h\r\n\r\n"),
                bad("folded", GET + "Host: h\r\nX: a\r\n b\r\n\r\n"),
                bad("folded", GET + "Host: h\r\nTransfer-Encoding:\r\n\tchunked\r\n\r\n"),
                bad("folded", GET + " Host: h\r\n\r\n"),
                bad("control character", GET + "Host: h\r\nX: a\0b\r\n\r\n"),
                bad("control character", GET + "Host: h\r\nTransfer-Encoding: \u000bchunked\r\n\r\n"),
                bad("control character", GET + "Host: h\r\nX: a\u007fb\r\n\r\n"),
                bad("control character", "GET /_health\0 HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad("control character", "GET\t/_health HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\nTransfer-Encoding : chunked\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\nContent-Length\t: 5\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\nX\0: 5\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\n: 5\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\nBad Name: 5\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\nno colon\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\nX\u00a0: 5\r\n\r\n"),
                bad("name of a header", GET + "Host: h\r\n(x): 5\r\n\r\n"),
                // Request lines.
                bad("request line", "GET /_health\r\nHost: h\r\n\r\n"),
                bad("request line", "GET  /_health HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad("request line", "GET /_health HTTP/1.1 \r\nHost: h\r\n\r\n"),
                bad("request line", "GET /_health HTTP/1.2\r\nHost: h\r\n\r\n"),
                bad("request line", "GET /_health HTTP/0.9\r\nHost: h\r\n\r\n"),
                bad("request line", "GET /_health HTTP/11\r\nHost: h\r\n\r\n", "is malformed"),
                bad("request line", "GET /_health http/1.1\r\nHost: h\r\n\r\n", "is malformed"),
                bad("request line", "GET /_health HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad("request line", " GET /_health HTTP/1.1\r\nHost: h\r\n\r\n"),
                bad("method", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "request target"),
                bad("request target", "GET _health HTTP/1.1\r\nHost: h\r\n\r\n", "is malformed"),
                bad("percent-encoded", "GET /\u00fc HTTP/1.1\r\nHost: h\r\n\r\n"),
                // Hosts.
                bad("Host is missing", "GET /_health HTTP/1.1\r\n\r\n"),
                bad("Host is given more than once", GET + "Host: h\r\nHost: h\r\n\r\n"),
                bad("Host is given more than once", GET + "Host: h\r\nhOST: other\r\n\r\n"),
                bad("Host must be", GET + "Host: a b\r\n\r\n"),
                bad("Host must be", GET + "Host: h, other\r\n\r\n"),
                bad("Host must be", GET + "Host: user@h\r\n\r\n"),
                bad("Host must be", GET + "Host: h/path\r\n\r\n"),
                bad("Host must be", GET + "Host: h:port\r\n\r\n"),
                bad("Host must be", GET + "Host: h:65536\r\n\r\n"),
                bad("Host must be", GET + "Host: [::1\r\n\r\n"),
                bad("differ", "GET http://other/_health HTTP/1.1\r\nHost: h\r\n\r\n"),
                // Lengths.
                bad("Content-Length", POST + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: +4\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: -1\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: 4,4\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: 0x4\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: 4 4\r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: \r\n\r\nabcd", "is malformed"),
                bad("Content-Length", POST + "Content-Length: 99999999999999999999\r\n\r\nabcd", "is malformed"),
                // Transfer codings.
                bad(
                        "exclude",
                        POST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
                        "is malformed"),
                bad(
                        "exclude",
                        POST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        "is malformed"),
                bad(
                        "must be chunked",
                        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        "is malformed"),
                bad(
                        "must be chunked",
                        POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
                        "is malformed"),
                bad("must be chunked", POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding: identity\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"),
                bad("must be chunked", POST + "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
                bad("HTTP/1.1", "POST /broadcast HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                // Chunks.
                bad("size of a chunk", CHUNKED + "1ezz\r\na\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "zz\r\na\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "0x2\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "+2\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "-2\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "2 \r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + " 2\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "2_0\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + ";a=b\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "ffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "10000000000000002\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "0000000000000000002\r\n{}\r\n0\r\n\r\n"),
                bad("size of a chunk", CHUNKED + "2\n{}\r\n0\r\n\r\n"),
                bad("CR LF", CHUNKED + "2\r{}\r\n0\r\n\r\n"),
                bad("CR LF", CHUNKED + "2\r\n{}0\r\n\r\n"),
                bad("CR LF", CHUNKED + "2\r\n{}\n0\r\n\r\n"),
                bad("CR LF", CHUNKED + "2\r\n{}XX0\r\n\r\n"),
                bad("CR LF", CHUNKED + "2\r\n{}\r\n0\r\n\rX"),
                bad("extensions", CHUNKED + "2;a\nb\r\n{}\r\n0\r\n\r\n"),
                bad("extensions", CHUNKED + "2;a\0\r\n{}\r\n0\r\n\r\n"),
                bad("extensions", CHUNKED + "2;" + "a".repeat(257) + "\r\n{}\r\n0\r\n\r\n"),
                bad("trailers", CHUNKED + "2\r\n{}\r\n0\r\nX: a\nY: b\r\n\r\n"),
                bad("trailers", CHUNKED + "2\r\n{}\r\n0\r\nno colon\r\n\r\n"),
                bad("trailers", CHUNKED + "2\r\n{}\r\n0\r\n folded: x\r\n\r\n"),
                bad("trailers", CHUNKED + "2\r\n{}\r\n0\r\nX: " + "a".repeat(9_000) + "\r\n\r\n"),
                bad("trailers", CHUNKED + "2\r\n{}\r\n0\r\n\n"));
    }

    static Stream<Arguments> accepted() {
        return Stream.of(
                good(200, GET + "Host: h\r\n\r\n"),
                good(200, GET + "Host:h\r\nX:\r\nY: \t a\tb \u00fc \r\n\r\n"),
                good(200, GET + "hOsT: h:8080\r\n\r\n"),
                good(200, GET + "Host: [::1]:8080\r\n\r\n"),
                good(200, GET + "Host: 127.0.0.1\r\n\r\n"),
                good(200, GET + "Host:\r\n\r\n"),
                good(200, "\r\n" + GET + "Host: h\r\n\r\n"),
                good(200, "GET http://h:80/_health HTTP/1.1\r\nHost: h:80\r\n\r\n"),
                good(200, "GET /_health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
                good(200, "HEAD /_health HTTP/1.1\r\nHost: h\r\n\r\n"),
                good(200, GET + "Host: h\r\nContent-Length: 4\r\n\r\nabcd"),
                good(200, GET + "Host: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                good(200, POST + "Content-Length: 29\r\n\r\n" + EVENT),
                good(200, CHUNKED + "1d\r\n" + EVENT + "\r\n0\r\n\r\n"),
                good(200, CHUNKED + "01D;a=b;c=\"d e\"\r\n" + EVENT + "\r\n0;x\r\nX-Trailer: a\r\nY: b\r\n\r\n"),
                good(200, CHUNKED + "1\r\n{\r\n1c\r\n" + EVENT.substring(1) + "\r\n000\r\n\r\n"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void request_that_could_be_read_in_two_ways_is_refused_by_both_with_the_same_problem(
            List<String> details, String bytes) {
        for (int port : ports) {
            List<String> answered = List.of(whole(port, bytes + SMUGGLED), byteByByte(port, bytes + SMUGGLED));
            // Byte by byte Undertow's parser may see first that it cannot go on.
            assertThat(answered.getFirst()).containsAnyOf(details.toArray(String[]::new));
            for (String answers : answered) {
                assertThat(answers)
                        .as("%s at %s", bytes, port == ports.getFirst() ? "the node" : "the proxy")
                        .matches("(?s)HTTP/1[.][01] 400 Bad Request\r\n.*")
                        .contains("application/problem+json", "\"code\":\"invalid-request\"");
                // A detail may name the version, too.
                assertThat(answers.split("HTTP/1[.][01] \\d", -1)).as(answers).hasSize(2);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("accepted")
    void request_that_is_well_formed_is_taken_by_both_and_so_is_the_next(int status, String bytes) {
        String next = "GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        for (int port : ports) {
            for (String answers : List.of(whole(port, bytes + next), byteByByte(port, bytes + next))) {
                assertThat(answers)
                        .as("%s at %s", bytes, port == ports.getFirst() ? "the node" : "the proxy")
                        .matches("(?s)HTTP/1[.][01] " + status + " .*")
                        .contains("HTTP/1.1 404 ");
            }
        }
    }

    @Test
    void body_that_is_announced_too_large_is_413_at_both() {
        for (int port : ports) {
            for (String path : List.of("/broadcast", "/nothing")) {
                String answers = whole(
                        port, "POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999999\r\n\r\nabcd");
                assertThat(answers).startsWith("HTTP/1.1 413 ").contains("\"code\":\"too-large\"");
            }
        }
    }

    private static Arguments bad(String detail, String bytes, String... orDetails) {
        List<String> details = new ArrayList<>(List.of(orDetails));
        details.add(detail);
        return Arguments.of(details, bytes);
    }

    private static Arguments good(int status, String bytes) {
        return Arguments.of(status, bytes);
    }

    private static String whole(int port, String bytes) {
        return send(port, List.of(bytes));
    }

    private static String byteByByte(int port, String bytes) {
        return send(port, List.of(bytes.split("")));
    }

    /** All that is answered until the other side closes. */
    private static String send(int port, List<String> parts) {
        StringBuilder answers = new StringBuilder();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    for (String part : parts) {
                        socket.getOutputStream().write(part.getBytes(StandardCharsets.ISO_8859_1));
                    }
                } catch (IOException e) {
                    // It was refused before its end.
                }
            });
            read(socket, answers);
            sender.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return answers.toString();
    }

    private static void read(Socket socket, StringBuilder answers) throws IOException {
        byte[] buffer = new byte[8192];
        try {
            int n = socket.getInputStream().read(buffer);
            while (n >= 0) {
                answers.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                n = socket.getInputStream().read(buffer);
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("not closed after " + answers, e);
        } catch (IOException e) {
            // A reset is an end, too.
        }
    }
}
