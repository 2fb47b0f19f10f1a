package dev.carillon.node;

import dev.carillon.testkit.Patience;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A request over a connection of its own, so that it may be an upgrade; of a stream only the head is read. */
record RightsRequest(String method, String target, String body) {
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\nContent-Length: (\\d+)\r\n");
    private static final Pattern COOKIE = Pattern.compile("(?i)\r\nSet-Cookie: ([^;\r]+)");

    record Answer(String head, String body) {
        int status() {
            return Integer.parseInt(head.substring(9, 12));
        }

        @Nullable
        String cookie() {
            Matcher cookie = COOKIE.matcher(head);
            return cookie.find() ? cookie.group(1) : null;
        }
    }

    /** @param text method, target, and after another space the body */
    static RightsRequest of(String text) {
        String[] parts = text.split(" ", 3);
        return new RightsRequest(
                parts[0], parts[1].replaceFirst("^(admin|internal):", ""), parts.length < 3 ? "" : parts[2]);
    }

    Answer ask(int port, @Nullable String token, @Nullable String cookie) throws IOException {
        Map<String, String> headers = new LinkedHashMap<>();
        if (token != null) {
            headers.put("Authorization", "Bearer " + token);
        }
        if (cookie != null) {
            headers.put("Cookie", cookie);
        }
        return ask(port, headers);
    }

    Answer ask(int port, Map<String, String> headers) throws IOException {
        StringBuilder request =
                new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n");
        if (target.startsWith("/ws")) {
            request.append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
                    .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        }
        headers.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        if (method.equals("POST")) {
            if (!headers.containsKey("Content-Type")) {
                request.append("Content-Type: ")
                        .append(body.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded")
                        .append("\r\n");
            }
            request.append("Content-Length: ").append(body.length()).append("\r\n");
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            socket.getOutputStream().write((request + "\r\n" + body).getBytes(StandardCharsets.ISO_8859_1));
            InputStream in = new BufferedInputStream(socket.getInputStream());
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
                int b = in.read();
                if (b < 0) {
                    throw new IOException("no answer, but: " + head.toString(StandardCharsets.ISO_8859_1));
                }
                head.write(b);
            }
            String text = head.toString(StandardCharsets.ISO_8859_1);
            Matcher length = LENGTH.matcher(text);
            byte[] content = length.find() && !method.equals("HEAD")
                    ? in.readNBytes(Integer.parseInt(length.group(1)))
                    : new byte[0];
            return new Answer(text, new String(content, StandardCharsets.UTF_8));
        }
    }
}
