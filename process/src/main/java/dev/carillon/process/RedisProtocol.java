package dev.carillon.process;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One command to a Redis server or sentinel on this machine, on a connection of its own. */
final class RedisProtocol {
    private static final int TIMEOUT_MILLIS = 5_000;

    private RedisProtocol() {}

    /**
     * The reply: texts, and lists of them; a number is a text, a missing value is empty.
     *
     * @throws IOException if the server does not answer, or answers with an error
     */
    static Object ask(int port, String... command) throws IOException {
        return ask(port, List.of(), List.of(command));
    }

    /** Logs in as this user first. */
    static Object askAs(int port, String user, String password, String... command) throws IOException {
        return ask(port, List.of("AUTH", user, password), List.of(command));
    }

    private static Object ask(int port, List<String> login, List<String> command) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            OutputStream out = socket.getOutputStream();
            InputStream in = new BufferedInputStream(socket.getInputStream());
            if (!login.isEmpty()) {
                out.write(encoded(login));
                Object _ = reply(in);
            }
            out.write(encoded(command));
            return reply(in);
        }
    }

    private static byte[] encoded(List<String> command) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(utf8("*" + command.size() + "\r\n"));
        for (String part : command) {
            byte[] text = utf8(part);
            bytes.writeBytes(utf8("$" + text.length + "\r\n"));
            bytes.writeBytes(text);
            bytes.writeBytes(utf8("\r\n"));
        }
        return bytes.toByteArray();
    }

    private static Object reply(InputStream in) throws IOException {
        String line = line(in);
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+', ':' -> rest;
            case '$' -> bulk(in, Integer.parseInt(rest));
            case '*' -> {
                List<Object> parts = new ArrayList<>();
                for (int i = 0; i < Integer.parseInt(rest); i++) {
                    parts.add(reply(in));
                }
                yield parts;
            }
            default -> throw new IOException(rest);
        };
    }

    private static String bulk(InputStream in, int length) throws IOException {
        if (length < 0) {
            return "";
        }
        String text = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        String _ = line(in);
        return text;
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new IOException("the server closed the connection");
            }
            if (next != '\r') {
                bytes.write(next);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
