package dev.carillon.transport;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.edge.ServerCertificate;
import dev.carillon.http.Cookies;
import dev.carillon.http.HttpConfig;
import dev.carillon.http.Sessions;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Fuzz targets for WebSocket frames, cookies and TLS files. Each returns whether the input was accepted, and fails for a wrong result. */
public final class HttpFuzz {
    private static final List<String> COOKIES = List.of(
            "a=b",
            "carillon_session=",
            "carillon_session=\"x\"",
            " carillon_session = y ",
            "carillon_session=a,b",
            "=",
            ";",
            "\"",
            "\t",
            "; ");

    private HttpFuzz() {}

    /** Parses client frames. The result must not depend on how the bytes are split, and must follow RFC 6455, section 5.2. */
    public static boolean webSocket(FuzzedDataProvider data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        StringBuilder expected = new StringBuilder();
        boolean broken = false;
        for (int n = data.consumeInt(1, 8); n > 0; n--) {
            int first = data.consumeInt(0, 3) == 0 ? data.consumeByte() & 0xFF : 0x80 | data.consumeInt(0, 10);
            byte[] payload = data.consumeBytes(data.consumeInt(0, 130));
            int form = data.consumeInt(0, 9);
            boolean masked = data.consumeInt(0, 9) > 0;
            long length = form == 9 ? data.consumeLong() : payload.length;
            int size = form >= 8 ? 127 : length > 125 || form == 7 ? 126 : (int) length;
            out.write(first);
            out.write((masked ? 0x80 : 0) | size);
            out.writeBytes(
                    size == 127
                            ? ByteBuffer.allocate(8).putLong(length).array()
                            : size == 126
                                    ? ByteBuffer.allocate(2)
                                            .putShort((short) length)
                                            .array()
                                    : new byte[0]);
            out.writeBytes(new byte[] {1, 2, 3, 4});
            for (int i = 0; i < payload.length; i++) {
                out.write(payload[i] ^ 1 + (i & 3));
            }
            if (!broken) {
                String problem = problem(first, masked, size, length);
                broken = problem != null || length != payload.length;
                boolean kept = (first & 0x0F) == 8 || (first & 0x0F) == 9;
                expected.append(
                        problem == null
                                ? (first & 0x0F) + (kept ? new String(payload, StandardCharsets.ISO_8859_1) : "") + ";"
                                : problem);
            }
        }
        byte[] bytes = out.toByteArray();
        String whole = frames(bytes, bytes.length);
        require(whole.equals(frames(bytes, 1)), "frames depend on how their bytes come");
        require(whole.equals(frames(bytes, 7)), "frames depend on how their bytes come");
        // If a payload differs from its declared length, its rest is read as further frames.
        require(broken || whole.contentEquals(expected), "frames are " + whole + " and not " + expected);
        return !whole.isEmpty();
    }

    private static @Nullable String problem(int first, boolean masked, int size, long length) {
        int opcode = first & 0x0F;
        boolean control = opcode >= 8;
        if ((first & 0x70) != 0
                || opcode > 10
                || (opcode > 2 && !control)
                || (control && ((first & 0x80) == 0 || size > 125))
                || !masked) {
            return "1002";
        }
        return length < 0 || length > WebSocketFrame.MAX_BYTES ? "1009" : null;
    }

    private static String frames(byte[] bytes, int each) {
        StringBuilder frames = new StringBuilder();
        WebSocketFrame frame = new WebSocketFrame();
        for (int from = 0; from < bytes.length; from += each) {
            ByteBuffer part = ByteBuffer.wrap(bytes, from, Math.min(each, bytes.length - from));
            while (part.hasRemaining()) {
                int before = part.remaining();
                int problem = frame.read(part);
                if (problem != 0) {
                    return frames.append(problem).toString();
                }
                require(part.remaining() < before, "a frame that reads nothing");
                if (frame.isComplete()) {
                    byte[] control = frame.control();
                    frames.append(frame.opcode())
                            .append(control == null ? "" : new String(control, StandardCharsets.ISO_8859_1))
                            .append(';');
                    frame = new WebSocketFrame();
                }
            }
        }
        return frames.toString();
    }

    /** Parses cookie headers: only an issued cookie is a session, and none causes an error. */
    public static boolean cookies(FuzzedDataProvider data, HttpConfig config) {
        Sessions sessions =
                new Sessions(config, InstantSource.system(), Platform.system().secureRandom());
        HttpServerExchange fresh = exchange();
        Sessions.Session session = sessions.of(fresh, null);
        String issued = String.valueOf(session.setCookie());
        String pair = issued.substring(0, issued.indexOf(';'));
        HttpServerExchange exchange = exchange();
        for (int lines = data.consumeInt(0, 3); lines > 0; lines--) {
            StringBuilder line = new StringBuilder();
            for (int n = data.consumeInt(0, 5); n > 0; n--) {
                line.append(data.consumeInt(0, 3) == 0 ? data.consumeString(10) : data.pickValue(COOKIES));
            }
            if (data.consumeInt(0, 5) == 0) {
                int at = data.consumeInt(0, pair.length() - 1);
                char other = (char) (pair.charAt(at) ^ 1);
                line.append("; ").append(pair, 0, at).append(other).append(pair, at + 1, pair.length());
            }
            exchange.getRequestHeaders().add(Headers.COOKIE, line.toString());
        }
        HeaderMap headers = exchange.getRequestHeaders();
        String name = pair.substring(0, pair.indexOf('='));
        String first = Cookies.first(headers, name);
        require(first == null || first.chars().allMatch(c -> c > ' ' && c < 0x7F && c != ';'), "not a value: " + first);
        require(sessions.known(exchange, null) == null, "a cookie that was never issued is a session: " + headers);
        sessions.of(exchange, "ann");
        headers.clear();
        headers.add(Headers.COOKIE, "x=\"; " + pair);
        require(session.handle().equals(sessions.known(exchange, null)), "an issued cookie is no session: " + pair);
        require(sessions.known(exchange, "ann") == null, "a cookie of no user is one of a user");
        return first != null;
    }

    private static HttpServerExchange exchange() {
        return new HttpServerExchange(null, -1);
    }

    /** Reads files of a certificate and its key, with fuzzed names. */
    public static boolean tls(byte[] certificate, byte[] key, String name) {
        try {
            TlsFiles.of(Optional.of(name), Optional.of("key"));
        } catch (ConfigException e) {
            // The declared exception.
        }
        try {
            Path dir = Path.of(System.getProperty("java.io.tmpdir"));
            Path first = dir.resolve("carillon-fuzz-certificate.pem");
            Path second = dir.resolve("carillon-fuzz-key.pem");
            Files.write(first, certificate);
            Files.write(second, key);
            ServerCertificate.read(first, second, ConfigException::new);
            return true;
        } catch (ConfigException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
