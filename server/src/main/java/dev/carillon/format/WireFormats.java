package dev.carillon.format;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The wire formats of a node. */
public final class WireFormats {
    public static final WireFormat SSE = SseFormat.OWN;
    public static final WireFormat SSE_GZIP = new GzipFormat(SSE);
    public static final WireFormat WEBSOCKET = new WebSocketFormat(false);
    public static final WireFormat WEBSOCKET_DEFLATE = new WebSocketFormat(true);

    public static final WireFormat MERCURE = SseFormat.MERCURE;
    public static final WireFormat MERCURE_GZIP = new GzipFormat(MERCURE);

    private static final Map<WireFormat, WireFormat> CHUNKED = Stream.of(SSE, SSE_GZIP, MERCURE, MERCURE_GZIP)
            .collect(Collectors.toUnmodifiableMap(format -> format, ChunkedFormat::new));

    public static final List<WireFormat> ALL = Stream.concat(
                    Stream.of(SSE, SSE_GZIP, WEBSOCKET, WEBSOCKET_DEFLATE, MERCURE, MERCURE_GZIP),
                    CHUNKED.values().stream())
            .toList();

    private WireFormats() {}

    /** The chunked variant of a format for HTTP/1.1 responses; the format itself if it has none. */
    public static WireFormat chunked(WireFormat format) {
        return CHUNKED.getOrDefault(format, format);
    }

    public static boolean isChunked(WireFormat format) {
        return format instanceof ChunkedFormat;
    }
}
