package dev.carillon.planner;

import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.Transport;
import dev.carillon.planner.workload.Workload;

/** Unit costs of a connection of this workload, mixed by its share of WebSockets, in seconds and bytes. */
record ConnectionCosts(
        double write, double perByte, double idle, double connect, double frame, double heap, double outsideHeap) {
    /** Headers of Ethernet, IP and TCP of one segment. */
    private static final double SEGMENT_HEADERS = 78;

    private static final double SEGMENT = 1_448;

    static ConnectionCosts of(Calibration calibration, Workload workload, Setup setup) {
        double share = workload.webSocketShare();
        double writeFactor = switch (setup.transport()) {
            case PLAIN, TLS_AT_PROXY -> 1;
            case TLS_AT_NODE -> calibration.value(Cost.TLS_DELIVERY);
            case HTTP2_AT_NODE -> calibration.value(Cost.HTTP2_DELIVERY);
        };
        double handshake = switch (setup.transport()) {
            case PLAIN, TLS_AT_PROXY -> 0;
            case TLS_AT_NODE -> calibration.micros(Cost.TLS_CONNECT);
            case HTTP2_AT_NODE -> calibration.micros(Cost.HTTP2_CONNECT);
        };
        double tlsBytes =
                setup.transport() == Transport.PLAIN || !setup.isTlsAtNode() ? 0 : calibration.value(Cost.TLS_MEMORY);
        return new ConnectionCosts(
                mixed(calibration, share, Cost.WRITE_SSE, Cost.WRITE_WEBSOCKET) / 1e6 * writeFactor,
                calibration.value(Cost.BYTE) / 1e9 * writeFactor,
                mixed(calibration, share, Cost.IDLE_SSE, Cost.IDLE_WEBSOCKET) / 1e6,
                mixed(calibration, share, Cost.CONNECT_SSE, Cost.CONNECT_WEBSOCKET) / 1e6 + handshake,
                workload.payloadBytes() + mixed(calibration, share, Cost.FRAME_SSE, Cost.FRAME_WEBSOCKET),
                mixed(calibration, share, Cost.HEAP_SSE, Cost.HEAP_WEBSOCKET),
                calibration.value(Cost.KERNEL) + tlsBytes);
    }

    private static double mixed(Calibration calibration, double share, Cost stream, Cost webSocket) {
        return calibration.value(stream) * (1 - share) + calibration.value(webSocket) * share;
    }

    /** Bytes on the wire per event when one write carries {@code batch} of them. */
    double wireBytes(double batch) {
        double segments = Math.ceil(frame * batch / SEGMENT);
        return frame + segments * SEGMENT_HEADERS / batch;
    }
}
