package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** The path of one or more subscriptions, percent-encoded (RFC 3986, section 2.1), which is also their id. */
sealed interface SubscriptionPath {
    String ROOT = "/.well-known/mercure/subscriptions";

    HexFormat HEX = HexFormat.of().withUpperCase();

    /** All subscriptions. */
    record All() implements SubscriptionPath {
        @Override
        public String text() {
            return ROOT;
        }
    }

    /** The subscriptions with a topic selector. */
    record OfTopic(String topic) implements SubscriptionPath {
        @Override
        public String text() {
            return ROOT + "/" + encode(topic);
        }
    }

    /** One subscription of a subscriber. */
    record One(String topic, String subscriber) implements SubscriptionPath {
        @Override
        public String text() {
            return ROOT + "/" + encode(topic) + "/" + encode(subscriber);
        }
    }

    String text();

    /**
     * Parses a path.
     *
     * @param path as the client sent it, percent-encoded, without a query
     * @throws CarillonException {@code not-found} for any other path, {@code invalid-request} for malformed encoding or UTF-8
     */
    static SubscriptionPath parse(String path) {
        if (path.equals(ROOT)) {
            return new All();
        }
        if (!path.startsWith(ROOT + "/")) {
            throw unknown(path);
        }
        String[] names = path.substring(ROOT.length() + 1).split("/", -1);
        for (int i = 0; i < names.length; i++) {
            names[i] = decode(names[i]);
            if (names[i].isEmpty()) {
                throw unknown(path);
            }
        }
        return switch (names.length) {
            case 1 -> new OfTopic(names[0]);
            case 2 -> new One(names[0], names[1]);
            default -> throw unknown(path);
        };
    }

    static CarillonException unknown(String path) {
        return new CarillonException(ErrorCode.NOT_FOUND, "there is nothing at " + Text.printable(path, 200));
    }

    private static String encode(String name) {
        StringBuilder out = new StringBuilder(name.length() * 2);
        for (byte b : Text.utf8(name)) {
            if (isUnreserved(b)) {
                out.append((char) b);
            } else {
                out.append('%');
                HEX.toHexDigits(out, b);
            }
        }
        return out.toString();
    }

    private static boolean isUnreserved(byte b) {
        return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || "-._~".indexOf(b) >= 0;
    }

    private static String decode(String name) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(name.length());
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c > '~') {
                throw malformed();
            }
            if (c != '%') {
                out.write(c);
                continue;
            }
            if (i + 2 >= name.length()
                    || !HexFormat.isHexDigit(name.charAt(i + 1))
                    || !HexFormat.isHexDigit(name.charAt(i + 2))) {
                throw malformed();
            }
            out.write(HexFormat.fromHexDigits(name, i + 1, i + 3));
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(out.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed();
        }
    }

    private static CarillonException malformed() {
        return new CarillonException(ErrorCode.INVALID_REQUEST, "the path: must be percent-encoded UTF-8");
    }
}
