package dev.carillon.format;

import dev.carillon.base.Bytes;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Text;
import dev.carillon.broker.Live;
import org.jspecify.annotations.Nullable;

/**
 * Wraps another format in the chunked transfer coding of HTTP/1.1 (RFC 9112, section 7.1). Each piece is one chunk, so that the same bytes serve
 * every connection, and clients that read chunk by chunk see each event at once.
 *
 * <p>The last chunk is never written, as a stream has no end. However the connection closes (crash, drain, refusal), the client sees an incomplete
 * response and reconnects. After a complete response some clients stop for good (fetch-event-source, Symfony's client over native streams).
 */
public final class ChunkedFormat implements WireFormat {
    private static final byte[] NOTHING = {};
    private static final byte[] LINE_END = {'\r', '\n'};

    private final WireFormat content;

    ChunkedFormat(WireFormat content) {
        this.content = content;
    }

    public WireFormat content() {
        return content;
    }

    /** Returns one chunk. Empty for no bytes: an empty chunk would be the last one. */
    public static byte[] chunk(byte[] bytes) {
        if (bytes.length == 0) {
            return NOTHING;
        }
        return Bytes.join(Text.utf8(Integer.toHexString(bytes.length)), LINE_END, bytes, LINE_END);
    }

    @Override
    public byte[] preamble() {
        return chunk(content.preamble());
    }

    @Override
    public byte[] encode(Live live, boolean withId) {
        return chunk(content.encode(live, withId));
    }

    @Override
    public byte[] notice(String type, @Nullable String cursor, String data) {
        return chunk(content.notice(type, cursor, data));
    }

    @Override
    public byte[] retry(int millis) {
        return chunk(content.retry(millis));
    }

    @Override
    public byte[] heartbeat() {
        return chunk(content.heartbeat());
    }

    @Override
    public byte[] end(CloseReason reason) {
        return chunk(content.end(reason));
    }
}
