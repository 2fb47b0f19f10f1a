package dev.carillon.edge;

import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Validates the bytes of an HTTP/1.1 request head before they are parsed. Parsers differ in bare LF, folded lines and NUL, so that two
 * programs could read different requests (RFC 9112, sections 2.2, 3, 3.2, 5.1 and 5.2).
 *
 * <pre>
 * REQUEST_LINE -CR-> REQUEST_LF -LF-> LINE -name-> NAME -:-> VALUE -CR-> VALUE_LF -LF-> LINE
 *                                     LINE -CR-> END_LF -LF-> DONE
 * </pre>
 */
final class HeadScan {
    private enum State {
        REQUEST_LINE,
        REQUEST_LF,
        LINE,
        NAME,
        VALUE,
        VALUE_LF,
        END_LF,
        DONE
    }

    private static final Violation BARE_LF = Violation.of("a line of the head ends with LF and without CR");
    private static final Violation BARE_CR = Violation.of("the head has a CR without LF");
    private static final Violation CONTROL = Violation.of("the head has a control character");
    private static final Violation FOLDED = Violation.of("a header is folded over several lines");
    private static final Violation NAME = Violation.of("the name of a header is empty or has an invalid character");
    private static final Violation REQUEST_LINE = Violation.of(
            "the request line must be method, target and HTTP/1.1 or HTTP/1.0, separated by single spaces");
    private static final Violation TARGET = Violation.of("the request target is neither a path nor a URL");
    private static final Violation NO_HOST = Violation.of("the header Host is missing");
    private static final Violation HOSTS = Violation.of("the header Host is given more than once");
    private static final Violation BAD_HOST = Violation.of("the header Host must be a host with an optional port");
    private static final Violation OTHER_HOST =
            Violation.of("the header Host and the host of the request target differ");

    private static final String HOST = "host";
    private static final int VERSION_BYTES = 8;
    private static final long HTTP_1_1 = version("HTTP/1.1");
    private static final long HTTP_1_0 = version("HTTP/1.0");
    /** In the HTTP/2 preface, which has no Host. */
    private static final long HTTP_2_0 = version("HTTP/2.0");
    /** Stored length of host and target; no host is longer. */
    private static final int MAX_STORED = 512;

    /** Initial capacity, sufficient for most hosts. */
    private static final int HOST_LENGTH = 32;

    private static final long PRI = 'P' << 16 | 'R' << 8 | 'I';

    private static final byte TOKEN = 1;
    private static final byte CONTROL_BYTE = 2;
    private static final byte HOST_NAME = 4;
    private static final byte[] KINDS = kinds();

    private static final Pattern HOST_AND_PORT = Pattern.compile(
            "(?:\\[([^\\[\\]]{2,60})]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::(\\d{0,5}))?");
    private static final int MAX_PORT = 65_535;
    private static final int PORT_DIGITS = 5;

    /** Empty for a target that starts with a slash. */
    private final StringBuilder target = new StringBuilder(0);

    private final StringBuilder host = new StringBuilder(HOST_LENGTH);
    private State state = State.REQUEST_LINE;
    private long method;
    private int blanks;
    private int sinceBlank;
    private long tail;
    private long version;
    private int nameLength;
    private boolean maybeHost;
    private boolean inHost;
    private int hosts;
    private boolean isPath;

    private static byte[] kinds() {
        byte[] kinds = new byte[256];
        for (int b = 0; b < kinds.length; b++) {
            if (b < ' ' || b == 0x7F) {
                kinds[b] = CONTROL_BYTE;
            } else if (b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.') {
                kinds[b] = TOKEN | HOST_NAME;
            } else if (b < 0x7F && "!#$%&'*+^_`|~".indexOf(b) >= 0) {
                kinds[b] = TOKEN;
            }
        }
        return kinds;
    }

    private static long version(String text) {
        long bytes = 0;
        for (int i = 0; i < VERSION_BYTES; i++) {
            bytes = bytes << 8 | text.charAt(i);
        }
        return bytes;
    }

    /** Resets the scan for the next head. */
    void reset() {
        target.setLength(0);
        host.setLength(0);
        state = State.REQUEST_LINE;
        method = 0;
        blanks = 0;
        sinceBlank = 0;
        hosts = 0;
        inHost = false;
        isPath = false;
    }

    /** Whether the head has ended; bytes after it are ignored. */
    boolean isDone() {
        return state == State.DONE;
    }

    /** Whether the scanned head is the first part of the HTTP/2 preface (RFC 9113, section 3.4). */
    boolean isPreface() {
        return state == State.DONE && version == HTTP_2_0;
    }

    /** Scans the bytes between two indices, up to the end of the head; returns null if they are valid so far. */
    @Nullable
    Violation scan(ByteBuffer bytes, int from, int to) {
        int i = from;
        while (i < to && state != State.DONE) {
            i = skipPlain(bytes, i, to);
            if (i < to) {
                Violation wrong = next(bytes.get(i) & 0xFF);
                if (wrong != null) {
                    return wrong;
                }
                i++;
            }
        }
        return null;
    }

    /** Skips the bytes within paths, values and names, which are most of a head and do not change the state. */
    private int skipPlain(ByteBuffer bytes, int from, int to) {
        int i = from;
        if (state == State.VALUE && !inHost) {
            while (i < to && (KINDS[bytes.get(i) & 0xFF] & CONTROL_BYTE) == 0) {
                i++;
            }
        } else if (state == State.NAME && !maybeHost && nameLength > 0) {
            while (i < to && (KINDS[bytes.get(i) & 0xFF] & TOKEN) != 0) {
                i++;
            }
        } else if (state == State.REQUEST_LINE && isPath && blanks == 1) {
            while (i < to && bytes.get(i) != ' ' && (KINDS[bytes.get(i) & 0xFF] & CONTROL_BYTE) == 0) {
                i++;
                // Only the version needs the tail.
                sinceBlank = 1;
            }
        }
        return i;
    }

    private @Nullable Violation next(int b) {
        return switch (state) {
            case REQUEST_LINE -> requestLine(b);
            case REQUEST_LF, VALUE_LF -> lineFeed(b, State.LINE);
            case LINE -> line(b);
            case NAME -> name(b);
            case VALUE -> value(b);
            case END_LF -> {
                Violation wrong = lineFeed(b, State.DONE);
                yield wrong == null ? end() : wrong;
            }
            case DONE -> null;
        };
    }

    private @Nullable Violation lineFeed(int b, State then) {
        state = then;
        return b == '\n' ? null : BARE_CR;
    }

    private @Nullable Violation requestLine(int b) {
        if (b == '\r') {
            version = tail;
            // Undertow accepts a preface with any target and headers, Http2Guard only the exact one.
            boolean preface =
                    version == HTTP_2_0 && method == PRI && target.toString().equals("*");
            boolean known = version == HTTP_1_1 || version == HTTP_1_0 || preface;
            if (blanks != 2 || sinceBlank != VERSION_BYTES || !known) {
                return REQUEST_LINE;
            }
            state = State.REQUEST_LF;
            return null;
        }
        if (b == ' ') {
            if (sinceBlank == 0) {
                return REQUEST_LINE;
            }
            blanks++;
            sinceBlank = 0;
            return null;
        }
        if (isControl(b)) {
            return b == '\n' ? BARE_LF : CONTROL;
        }
        if (blanks == 0) {
            method = method << 8 | b;
        }
        if (blanks == 1) {
            isPath = isPath || sinceBlank == 0 && b == '/';
            if (!isPath && target.length() < MAX_STORED) {
                target.append((char) b);
            }
        }
        tail = tail << 8 | b;
        sinceBlank++;
        return null;
    }

    private @Nullable Violation line(int b) {
        if (b == '\r') {
            state = State.END_LF;
            return null;
        }
        if (version == HTTP_2_0) {
            return REQUEST_LINE;
        }
        if (b == ' ' || b == '\t') {
            return FOLDED;
        }
        state = State.NAME;
        nameLength = 0;
        maybeHost = true;
        return name(b);
    }

    private @Nullable Violation name(int b) {
        if (b == ':' && nameLength > 0) {
            state = State.VALUE;
            inHost = maybeHost && nameLength == HOST.length();
            if (inHost) {
                hosts++;
            }
            return null;
        }
        if (!isToken(b)) {
            return b == '\n' ? BARE_LF : NAME;
        }
        maybeHost = maybeHost && nameLength < HOST.length() && (b | 0x20) == HOST.charAt(nameLength);
        nameLength++;
        return null;
    }

    private @Nullable Violation value(int b) {
        if (b == '\r') {
            state = State.VALUE_LF;
            return null;
        }
        if (isControl(b) && b != '\t') {
            return b == '\n' ? BARE_LF : CONTROL;
        }
        if (inHost && host.length() < MAX_STORED) {
            host.append((char) b);
        }
        return null;
    }

    private @Nullable Violation end() {
        if (version == HTTP_2_0) {
            return null;
        }
        if (hosts == 0 && version == HTTP_1_1) {
            return NO_HOST;
        }
        if (hosts > 1) {
            return HOSTS;
        }
        String name = host.toString().strip();
        if (!isPlainHost(name) && !isHost(name)) {
            return BAD_HOST;
        }
        String path = target.toString();
        if (isPath || path.equals("*")) {
            return null;
        }
        int authority = path.indexOf("://") + 3;
        if (authority < 3) {
            return TARGET;
        }
        int end = authority;
        while (end < path.length() && path.charAt(end) != '/' && path.charAt(end) != '?') {
            end++;
        }
        return hosts == 0 || path.substring(authority, end).equalsIgnoreCase(name) ? null : OTHER_HOST;
    }

    /** Fast path for a name or IPv4 address with an optional port: {@link #isHost} costs more than the rest of the head. */
    private static boolean isPlainHost(String text) {
        int colon = text.indexOf(':');
        int end = colon < 0 ? text.length() : colon;
        for (int i = 0; i < end; i++) {
            if ((KINDS[text.charAt(i)] & HOST_NAME) == 0) {
                return false;
            }
        }
        return colon < 0 || isPort(text, colon + 1);
    }

    private static boolean isPort(String text, int from) {
        int port = 0;
        for (int i = from; i < text.length() && port <= MAX_PORT; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
            port = 10 * port + (c - '0');
        }
        return port > 0 && port <= MAX_PORT && text.length() - from <= PORT_DIGITS;
    }

    private static boolean isHost(String text) {
        Matcher matcher = HOST_AND_PORT.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        String ipv6 = matcher.group(1);
        if (ipv6 != null && (ipv6.indexOf(':') < 0 || LiteralAddress.parse(ipv6).isEmpty())) {
            return false;
        }
        String port = matcher.group(2);
        return port == null || port.isEmpty() || (Integer.parseInt(port) > 0 && Integer.parseInt(port) <= MAX_PORT);
    }

    static boolean isControl(int c) {
        return c <= 0xFF && (KINDS[c] & CONTROL_BYTE) != 0;
    }

    /** Whether a token may have the character (RFC 9110, section 5.6.2). */
    static boolean isToken(int c) {
        return c <= 0xFF && (KINDS[c] & TOKEN) != 0;
    }
}
