package dev.carillon.fanout;

import java.util.List;

/** The formats of a node. */
public final class WireFormats {
    public static final WireFormat SSE = SseFormat.OWN;
    public static final WireFormat SSE_GZIP = new GzipFormat(SSE);
    public static final WireFormat WEBSOCKET = new WebSocketFormat();

    public static final WireFormat MERCURE = SseFormat.MERCURE;
    public static final WireFormat MERCURE_GZIP = new GzipFormat(MERCURE);

    public static final List<WireFormat> ALL = List.of(SSE, SSE_GZIP, WEBSOCKET, MERCURE, MERCURE_GZIP);

    private WireFormats() {}
}
