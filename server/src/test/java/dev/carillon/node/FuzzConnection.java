package dev.carillon.node;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Sends requests as they are given, over one connection while that lasts. One thread only. */
final class FuzzConnection {
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3}) [^\r]*");
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\nContent-Length: (\\d+)\r\n");
    private static final int PATIENCE_MILLIS = 30_000;
    private static final int MAX_HEAD = 64 * 1024;

    private final int port;
    private @Nullable Socket socket;

    /** @param socket of a stream, which goes on */
    record Answer(int status, String head, @Nullable Socket socket) {}

    FuzzConnection(int port) {
        this.port = port;
    }

    Answer ask(byte[] request) throws IOException {
        if (socket != null) {
            try {
                return askOnce(socket, request);
            } catch (IOException e) {
                // It was the other side's to close it, before it saw this.
                drop();
            }
        }
        Socket anew = new Socket(InetAddress.getLoopbackAddress(), port);
        anew.setSoTimeout(PATIENCE_MILLIS);
        anew.setTcpNoDelay(true);
        // Closed at once: no port waits for what may come late.
        anew.setSoLinger(true, 0);
        socket = anew;
        return askOnce(anew, request);
    }

    private Answer askOnce(Socket open, byte[] request) throws IOException {
        open.getOutputStream().write(request);
        InputStream in = new BufferedInputStream(open.getInputStream());
        String head = head(in);
        Matcher status = STATUS.matcher(head);
        if (!status.lookingAt()) {
            throw new AssertionError("not an answer: " + head);
        }
        int code = Integer.parseInt(status.group(1));
        Matcher length = LENGTH.matcher(head);
        if (length.find()) {
            in.skipNBytes(Long.parseLong(length.group(1)));
            if (head.contains("Connection: close")) {
                drop();
            }
            return new Answer(code, head, null);
        }
        // A stream, or an answer of the parser, which closes; neither takes another request.
        socket = null;
        if (head.contains("text/event-stream")) {
            return new Answer(code, head, open);
        }
        open.close();
        return new Answer(code, head, null);
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int end = 0;
        while (end < 4) {
            int b = in.read();
            if (b < 0 || head.size() > MAX_HEAD) {
                throw new IOException("no answer, but the end after: " + head.toString(StandardCharsets.ISO_8859_1));
            }
            head.write(b);
            end = b == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : b == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private void drop() throws IOException {
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }
}
