package dev.carillon.proxy;

import dev.carillon.testkit.Patience;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** A client on a plain socket, which can send invalid requests and observe how an answer ends. */
final class RawClient implements AutoCloseable {

    /** The head of an answer. */
    record Head(String status, List<String> lines) {
        List<String> header(String name) {
            String prefix = name.toLowerCase(Locale.ROOT) + ":";
            return lines.stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(prefix))
                    .map(line -> line.substring(prefix.length()).strip())
                    .toList();
        }

        /** The value of the sticky cookie that the answer sets. */
        String cookie() {
            return header("Set-Cookie").stream()
                    .filter(line -> line.startsWith("carillon_node="))
                    .map(line -> line.substring("carillon_node=".length(), line.indexOf(';')))
                    .findFirst()
                    .orElse("");
        }
    }

    final Socket socket = new Socket();

    RawClient(int port) {
        this(port, "127.0.0.1");
    }

    /** @param from local address to connect from */
    RawClient(int port, String from) {
        try {
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), Patience.LIMIT_MILLIS);
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** @param headers header lines including their line ends */
    RawClient get(String target, String headers) throws IOException {
        return send("GET " + target + " HTTP/1.1\r\nHost: proxy.test\r\n" + headers + "\r\n");
    }

    RawClient stream(String target) throws IOException {
        return get(target, "Accept: text/event-stream\r\n");
    }

    Head head() throws IOException {
        return new Head(
                line(),
                java.util.stream.Stream.generate(this::line)
                        .takeWhile(line -> !line.isEmpty())
                        .toList());
    }

    String line() {
        try {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            int b = in.read();
            while (b >= 0 && b != '\n') {
                line.write(b);
                b = in.read();
            }
            return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String body(Head head) throws IOException {
        return new String(
                socket.getInputStream()
                        .readNBytes(
                                Integer.parseInt(head.header("Content-Length").getFirst())),
                StandardCharsets.UTF_8);
    }

    /** Reads until the other side closes. */
    String rest() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Whether the connection has ended without further bytes, in any way. */
    boolean ended() {
        try {
            return socket.getInputStream().read() < 0;
        } catch (IOException e) {
            return !(e instanceof java.net.SocketTimeoutException);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed in any case.
        }
    }
}
