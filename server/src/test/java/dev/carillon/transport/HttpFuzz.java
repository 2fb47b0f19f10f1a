package dev.carillon.transport;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
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
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

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

    /** Reads client messages. The result must not depend on how the bytes are split, and must follow RFC 6455, section 5, and RFC 7692. */
    public static boolean webSocket(FuzzedDataProvider data) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Model model = new Model(data.consumeBoolean());
        for (int n = data.consumeInt(1, 8); n > 0; n--) {
            int first = data.consumeInt(0, 3) == 0
                    ? data.consumeByte() & 0xFF
                    : data.pickValue(new int[] {0x01, 0x81, 0x00, 0x80, 0x82, 0xC1, 0x88, 0x89, 0x8A});
            byte[] payload = data.consumeInt(0, 2) == 0
                    ? Text.utf8(data.consumeString(40))
                    : data.consumeBytes(data.consumeInt(0, 130));
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
            model.frame(first, masked, size, length, payload);
        }
        byte[] bytes = out.toByteArray();
        String whole = messages(bytes, bytes.length, model.compression);
        require(whole.equals(messages(bytes, 1, model.compression)), "messages depend on how their bytes come");
        require(whole.equals(messages(bytes, 7, model.compression)), "messages depend on how their bytes come");
        // If a payload differs from its declared length, its rest is read as further frames.
        require(
                model.unknown ? whole.startsWith(model.text()) : whole.equals(model.text()),
                "messages are " + whole + " and not " + model.text());
        return !whole.isEmpty();
    }

    /** What a reader must do with frames, in the simplest way. */
    private static final class Model {
        private static final int MAX_BYTES = 200;

        private final boolean compression;
        private final StringBuilder expected = new StringBuilder();
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private int opcode;
        private boolean compressed;
        private boolean ended;
        /** The model does not tell what follows. */
        private boolean unknown;

        Model(boolean compression) {
            this.compression = compression;
        }

        String text() {
            return expected.toString();
        }

        private void end(String how) {
            expected.append(how);
            ended = true;
        }

        void frame(int first, boolean masked, int size, long length, byte[] payload) {
            if (ended || unknown) {
                return;
            }
            int code = first & 0x0F;
            boolean control = code >= 8;
            boolean isFinal = (first & 0x80) != 0;
            boolean marked = (first & 0x40) != 0;
            if ((first & 0x30) != 0
                    || (code > 2 && code < 8)
                    || code > 10
                    || (control && (!isFinal || size > 125))
                    || (marked && (!compression || control || code == 0))
                    || (!control && (code == 0) == (opcode == 0))
                    || !masked
                    || (size == 126 && length <= 125)
                    || (size == 127 && length >= 0 && length < 65_536)) {
                end("1002");
            } else if (length < 0 || (!control && length > MAX_BYTES - (code == 0 ? message.size() : 0))) {
                end("1009");
            } else if (length != payload.length) {
                unknown = true;
            } else if (code == 8) {
                end(close(payload));
            } else if (code == 9) {
                expected.append("pong ").append(latin(payload)).append(';');
            } else if (!control) {
                if (code != 0) {
                    opcode = code;
                    compressed = marked;
                    message.reset();
                }
                message.writeBytes(payload);
                data(isFinal);
            }
        }

        private void data(boolean isFinal) {
            if (compressed) {
                // A decompressor of its own would be the same one; that it is right is tested by examples.
                unknown = isFinal;
                opcode = isFinal ? 0 : opcode;
                return;
            }
            byte[] all = message.toByteArray();
            if (opcode == 1 && !isUtf8(all, !isFinal)) {
                end("1007");
            } else if (isFinal) {
                expected.append(opcode).append(' ').append(latin(all)).append(';');
                opcode = 0;
            }
        }

        private static String close(byte[] payload) {
            int code = payload.length < 2 ? 1000 : (payload[0] & 0xFF) << 8 | payload[1] & 0xFF;
            boolean valid = code >= 1000 && code < 1015 && (code < 1004 || code > 1006) || code >= 3000 && code < 5000;
            if (payload.length == 1 || !valid) {
                return "1002";
            }
            boolean text = payload.length < 2 || isUtf8(Arrays.copyOfRange(payload, 2, payload.length), false);
            return text ? "close " + latin(Arrays.copyOf(payload, Math.min(2, payload.length))) : "1007";
        }

        private static boolean isUtf8(byte[] bytes, boolean mayContinue) {
            CharBuffer out = CharBuffer.allocate(bytes.length);
            return !StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes), out, !mayContinue)
                    .isError();
        }
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String messages(byte[] bytes, int each, boolean compression) {
        StringBuilder result = new StringBuilder();
        long[] charged = new long[1];
        WebSocketReader reader = new WebSocketReader(compression, total -> {
            charged[0] = total;
            return true;
        });
        reader.maxBytes(Model.MAX_BYTES);
        for (int from = 0; from < bytes.length; from += each) {
            reader.read(
                    ByteBuffer.wrap(bytes, from, Math.min(each, bytes.length - from)),
                    new WebSocketReader.Messages() {
                        @Override
                        public void text(String text) {
                            result.append("1 ").append(latin(Text.utf8(text))).append(';');
                        }

                        @Override
                        public void binary(byte[] message) {
                            result.append("2 ").append(latin(message)).append(';');
                        }
                    },
                    new WebSocketReader.Answers() {
                        @Override
                        public void write(byte[] frame) {
                            require((frame[0] & 0xFF) == 0x8A, "an answer that is no pong");
                            result.append("pong ")
                                    .append(latin(Arrays.copyOfRange(frame, 2, frame.length)))
                                    .append(';');
                        }

                        @Override
                        public void close(CloseReason reason, byte[] frame) {
                            byte[] payload = Arrays.copyOfRange(frame, 2, frame.length);
                            result.append(
                                    reason == CloseReason.CLIENT_LEFT
                                            ? "close " + latin(payload)
                                            : "" + ((payload[0] & 0xFF) << 8 | payload[1] & 0xFF));
                        }
                    });
            require(charged[0] <= Model.MAX_BYTES, "more memory than a message may have");
        }
        reader.close();
        require(charged[0] == 0, "memory that stays charged");
        return result.toString();
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
