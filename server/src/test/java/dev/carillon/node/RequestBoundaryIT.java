package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.TestCertificate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Boundaries between requests, and input that is not a request; with and without TLS. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestBoundaryIT {
    private static final String GET = "GET /_health HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String HISTORY = "GET /history?scope=global HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String POST = "POST /broadcast HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
            + TestCluster.token() + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    private static final String STREAM = "GET /events HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final int TIMEOUT_MILLIS = 20_000;

    private final TestCluster plain = new TestCluster("memory://boundary", 1, Map.of());

    @TempDir
    private static Path dir;

    private TestCluster secure = plain;
    private SocketFactory tls = SocketFactory.getDefault();

    @BeforeAll
    void start() throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "boundary", "EC");
        secure = new TestCluster("memory://boundary-tls", 1, certificate.settings());
        tls = certificate.client().getSocketFactory();
    }

    @AfterAll
    void stop() {
        plain.close();
        secure.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void empty_lines_before_a_request_and_behind_a_body_are_skipped_wherever_the_bytes_are_split(boolean overTls)
            throws Exception {
        String bytes = "\r\n" + POST + "\r\n\r\n" + GET + "\r\n" + HISTORY + "\n" + GET;
        for (int split = 1; split <= bytes.length(); split += overTls ? 7 : 1) {
            try (Socket socket = connect(overTls)) {
                send(socket, bytes.substring(0, split));
                send(socket, bytes.substring(split));
                for (int status : new int[] {400, 200, 200, 200}) {
                    assertThat(answer(socket.getInputStream()))
                            .as("split at %d", split)
                            .startsWith("HTTP/1.1 " + status)
                            .contains(status == 400 ? "problem+json" : "application/json");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answers_to_what_was_sent_at_once_come_in_order_up_to_a_stream(boolean overTls) throws Exception {
        String bytes = HISTORY + POST + GET + STREAM + GET;
        for (int split = 1; split <= bytes.length(); split += 11) {
            try (Socket socket = connect(overTls)) {
                send(socket, bytes.substring(0, split));
                send(socket, bytes.substring(split));
                for (int status : new int[] {200, 400, 200}) {
                    assertThat(answer(socket.getInputStream()))
                            .as("split at %d", split)
                            .startsWith("HTTP/1.1 " + status);
                }
                assertThat(head(socket.getInputStream())).contains("Content-Type: text/event-stream");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_client_that_ends_its_side_gets_its_answers(boolean overTls) throws Exception {
        for (String request : List.of(GET, POST, HISTORY, HISTORY + GET)) {
            try (Socket socket = connect(overTls)) {
                send(socket, request);
                socket.shutdownOutput();
                String all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertThat(all.split("HTTP/1.1 ", -1).length - 1)
                        .as(request)
                        .isEqualTo(request.equals(HISTORY + GET) ? 2 : 1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_request_that_cannot_be_read_gets_a_problem(boolean overTls) throws Exception {
        for (String bad : List.of(
                "GET / HTTP/1.1\r\nX: " + "x".repeat(40_000) + "\r\n\r\n",
                "GET /" + "x".repeat(40_000) + " HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /?" + "a=1&".repeat(2_100) + " HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\n" + "X: 1\r\n".repeat(201) + "\r\n",
                "GET / HTTP/1.1\r\nHost: h\r\nBad Header: x\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
                "\u0016\u0003\u0001\r\n\r\n",
                "POST /broadcast HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n")) {
            for (String before : List.of("", "\r\n", GET)) {
                try (Socket socket = connect(overTls)) {
                    send(socket, before + bad);
                    if (before.equals(GET)) {
                        assertThat(answer(socket.getInputStream())).startsWith("HTTP/1.1 200");
                    }
                    assertThat(answer(socket.getInputStream()))
                            .as("%.60s", bad)
                            .startsWith("HTTP/1.1 400 ")
                            .contains("application/problem+json", "\"code\":\"invalid-request\"");
                }
            }
        }
    }

    private Socket connect(boolean overTls) throws IOException {
        Socket socket = overTls
                ? tls.createSocket("localhost", secure.node(0).port())
                : new Socket(InetAddress.getLoopbackAddress(), plain.node(0).port());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String answer(InputStream in) throws IOException {
        String head = head(in);
        int length = head.lines()
                .filter(line -> line.startsWith("Content-Length: "))
                .mapToInt(line -> Integer.parseInt(line.substring(16)))
                .findFirst()
                .orElseThrow(() -> new AssertionError(head));
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int b = in.read();
        while (b >= 0) {
            head.write(b);
            if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                break;
            }
            b = in.read();
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }
}
