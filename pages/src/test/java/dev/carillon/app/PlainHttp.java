package dev.carillon.app;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** One connection for requests, one after the other. It costs little, so that the server is measured and not this client. */
final class PlainHttp implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    /** @param head without the last line break */
    record Answer(String head, String body) {
        int status() {
            return Integer.parseInt(head.substring(9, 12));
        }

        String header(String name) {
            for (String line : head.lines().toList()) {
                if (line.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT) + ":")) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            throw new AssertionError("no " + name + " in " + head);
        }
    }

    /** @param from last number of the address 127.0.0.x of the client */
    PlainHttp(int port, int from) throws IOException {
        socket = new Socket(
                InetAddress.getByAddress(new byte[] {127, 0, 0, 1}),
                port,
                InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) from}),
                0);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
    }

    Answer get(String path, String headers) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
    }

    Answer post(String path, String headers, String body) throws IOException {
        return send("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    private Answer send(String request) throws IOException {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("the connection was closed after " + head);
            }
            head.append((char) c);
        }
        Answer answer = new Answer(head.toString(), "");
        boolean empty = answer.status() == 204 || answer.status() == 304;
        int length = empty ? 0 : Integer.parseInt(answer.header("Content-Length"));
        return new Answer(head.toString(), new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
