package dev.carillon.edge;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;

/**
 * Limits the frames of an HTTP/2 client by their heads (RFC 9113, section 4.1). It refuses floods of frames that cost the server more than
 * the client: empty SETTINGS, PING, PRIORITY, RST_STREAM and empty DATA (CVE-2019-9512 to 9518, CVE-2023-44487), endless header blocks
 * (CVE-2024-27316), and more WINDOW_UPDATE frames than the sent data justifies. It also refuses a connection that does not start with
 * SETTINGS (section 3.4), for which Undertow would log an error. On the connection's I/O thread only.
 */
final class FrameLimiter {
    /** The maximum frame size that Undertow announces. */
    static final int MAX_PAYLOAD = 16 * 1024;
    /** Limits of one header block, larger than any accepted head. */
    static final int MAX_CONTINUATIONS = 16;

    static final int MAX_BLOCK_BYTES = 64 * 1024;
    /** Burst and rate of the control frames of one connection. */
    static final int CONTROL_BURST = 300;

    static final int CONTROL_PER_SECOND = 50;
    /** Burst and rate of WINDOW_UPDATE frames, in addition to those that acknowledge sent data. */
    static final int WINDOW_BURST = 2_000;

    static final int WINDOW_PER_SECOND = 100;
    /** A client may send two for each frame, one for the stream and one for the connection; the smallest event has about 30 bytes. */
    private static final int WINDOWS_PER_WRITE = 8;

    private static final int BYTES_PER_WINDOW = 8;
    private static final int SETTINGS_BYTES_PER_UNIT = 60;

    private static final int HEAD = 9;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    private final Bucket control;
    private final Bucket windows;
    /** Whether the first frame was read. */
    private boolean started;

    private int headRead;
    private int length;
    private int type;
    private int flags;
    private int payloadLeft;

    private int continuations;
    private int blockBytes;

    FrameLimiter(LongSupplier nanoTime) {
        this.control = new Bucket(CONTROL_BURST, CONTROL_PER_SECOND, nanoTime);
        this.windows = new Bucket(WINDOW_BURST, WINDOW_PER_SECOND, nanoTime);
    }

    /** Counts bytes that the client has received. */
    void sent(long bytes) {
        windows.add(WINDOWS_PER_WRITE + bytes / BYTES_PER_WINDOW);
    }

    /** @throws IOException when the client floods or does not start with SETTINGS: the connection has to be closed */
    void received(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (payloadLeft > 0) {
                int n = Math.min(payloadLeft, bytes.remaining());
                bytes.position(bytes.position() + n);
                payloadLeft -= n;
            } else {
                head(bytes.get() & 0xFF);
            }
        }
    }

    private void head(int b) throws IOException {
        switch (headRead) {
            case 0, 1, 2 -> length = (length << 8 | b) & 0xFFFFFF;
            case 3 -> type = b;
            case 4 -> flags = b;
            default -> {} // Undertow checks the stream id.
        }
        if (++headRead == HEAD) {
            headRead = 0;
            payloadLeft = length;
            checkFrame();
        }
    }

    private void checkFrame() throws IOException {
        if (length > MAX_PAYLOAD) {
            throw new IOException("a frame of " + length + " bytes");
        }
        if (!started) {
            started = true;
            if (type != FrameType.SETTINGS) {
                throw new IOException("the first frame is not SETTINGS");
            }
            return;
        }
        switch (type) {
            case FrameType.DATA -> {
                if (length == 0 && (flags & END_STREAM) == 0) {
                    control(1);
                }
            }
            case FrameType.HEADERS -> {
                continuations = 0;
                blockBytes = length;
            }
            case FrameType.CONTINUATION -> {
                blockBytes += length;
                if (++continuations > MAX_CONTINUATIONS || blockBytes > MAX_BLOCK_BYTES) {
                    throw new IOException("a header block of more than " + MAX_CONTINUATIONS + " frames or "
                            + MAX_BLOCK_BYTES + " bytes");
                }
                if (length == 0 && (flags & END_HEADERS) == 0) {
                    control(1);
                }
            }
            case FrameType.WINDOW_UPDATE -> {
                if (!windows.acquire(1)) {
                    throw new IOException("too many WINDOW_UPDATE frames");
                }
            }
            default -> control(1 + length / SETTINGS_BYTES_PER_UNIT);
        }
    }

    private void control(int units) throws IOException {
        if (!control.acquire(units)) {
            throw new IOException("too many control frames");
        }
    }

    /** The frame types with separate rules (RFC 9113, section 6). */
    private static final class FrameType {
        static final int DATA = 0;
        static final int HEADERS = 1;
        static final int SETTINGS = 4;
        static final int WINDOW_UPDATE = 8;
        static final int CONTINUATION = 9;
    }

    /** A token bucket. */
    private static final class Bucket {
        private static final long SECOND = 1_000_000_000L;

        private final long burst;
        private final long nanosPerToken;
        private final LongSupplier nanoTime;
        private long tokens;
        private long since;

        Bucket(int burst, int perSecond, LongSupplier nanoTime) {
            this.burst = burst;
            this.nanosPerToken = SECOND / perSecond;
            this.nanoTime = nanoTime;
            this.tokens = burst;
            this.since = nanoTime.getAsLong();
        }

        void add(long more) {
            tokens = Math.min(burst, tokens + more);
        }

        boolean acquire(int n) {
            if (tokens < n) {
                long earned = (nanoTime.getAsLong() - since) / nanosPerToken;
                since += earned * nanosPerToken;
                add(earned);
            }
            tokens -= n;
            return tokens >= 0;
        }
    }
}
