package dev.carillon.planner.calibration;

import java.util.Optional;
import java.util.stream.Stream;

/** What a calibration says: the key in its file, and what the figure means. Units are the last part of the key. */
public enum Cost {
    NODE_IDLE("node.idle.ms-per-s", "processor time of a node without clients, per second"),
    EVENT(
            "event.us",
            "processor time of a node per event that reaches it: reading it from the broker, sequence check, encoding, waking threads"),
    EVENT_BUSY(
            "event.busy.us", "the same when events follow each other so fast that no thread has to be woken for them"),
    APPEND("broadcast.us", "processor time of a node per broadcast that it accepts: request, token, append"),
    APPEND_BUSY(
            "broadcast.busy.us",
            "the same when broadcasts follow each other so fast that no thread has to be woken for them"),
    AWAKE("awake.per-s", "events per second of a node at which half of the wake-ups are saved"),
    WRITE_SSE("write.sse.us", "processor time of one write to the socket of an event stream"),
    WRITE_WEBSOCKET("write.websocket.us", "processor time of one write to a WebSocket"),
    BYTE("byte.ns", "processor time per written byte"),
    IDLE_SSE("idle.sse.us-per-s", "processor time of an idle event stream, per second: heartbeats"),
    IDLE_WEBSOCKET("idle.websocket.us-per-s", "processor time of an idle WebSocket, per second: pings"),
    CONNECT_SSE("connect.sse.us", "processor time of one connect by event stream to a warm node"),
    CONNECT_WEBSOCKET("connect.websocket.us", "processor time of one connect by WebSocket to a warm node"),
    CONNECT_COLD("connect.cold.us", "processor time of one connect to a node that has just started"),
    COLD_CONNECTS("cold.connects", "connects until a node is warm"),
    FRAME_SSE("frame.sse.bytes", "bytes of an event beside its payload, by event stream"),
    FRAME_WEBSOCKET("frame.websocket.bytes", "bytes of an event beside its payload, by WebSocket"),
    HEAP_SSE("heap.sse.bytes", "live heap per event stream, context included"),
    HEAP_WEBSOCKET("heap.websocket.bytes", "live heap per WebSocket, context included"),
    HEAP_SCOPE("heap.scope.bytes", "live heap per scope that a node joins"),
    HEAP_FACTOR("heap.factor", "heap of a node, as a multiple of the live heap of its connections"),
    NODE_MEMORY("node.memory.mb", "resident memory of a node without clients"),
    KERNEL("kernel.bytes", "memory of the kernel per connection of which all data was read"),
    TLS_DELIVERY("tls.delivery.factor", "processor time of a write over TLS at the node, as a multiple of one without"),
    TLS_CONNECT("tls.connect.us", "processor time of a connect over TLS at the node, beside that without"),
    TLS_MEMORY("tls.bytes", "memory per connection with TLS at the node"),
    HTTP2_DELIVERY(
            "http2.delivery.factor",
            "processor time of a write over HTTP/2 with TLS at the node, as a multiple of one without"),
    HTTP2_CONNECT(
            "http2.connect.us", "processor time of a connect over HTTP/2 with TLS at the node, beside that without"),
    CONTENTION("contention", "share of the work that processors of a node wait for each other (USL, sigma)"),
    COHERENCE("coherence", "cost of each pair of processors of a node (USL, kappa)"),
    PATH_P99("path.p99.ms", "99th percentile from broadcast to arrival at another node, through an idle broker"),
    PAUSE_P99("pause.p99.ms", "99th percentile of what a delivery waits for the JVM and the scheduler at a node"),
    REDIS_APPENDS("redis.appends-per-s", "events that one Redis server appends and sends to a node, per second"),
    NATS_APPENDS("nats.appends-per-s", "events that one NATS server appends and sends to a node, per second"),
    BROKER_PUSH("broker.push.us", "processor time of the broker per event and further node"),
    BROKER_EVENT("broker.event.bytes", "memory of the broker per event in the log, beside its payload"),
    MEMORY_APPENDS("memory.appends-per-s", "broadcasts per second of one node with the broker in memory"),
    HAPROXY_DELIVERY("haproxy.delivery.us", "processor time of HAProxy per delivered event"),
    HAPROXY_CONNECT("haproxy.connect.us", "processor time of HAProxy per opened stream"),
    HAPROXY_MEMORY("haproxy.bytes", "memory of HAProxy per stream"),
    CADDY_DELIVERY("caddy.delivery.us", "processor time of Caddy per delivered event"),
    CADDY_CONNECT("caddy.connect.us", "processor time of Caddy per opened stream"),
    CADDY_MEMORY("caddy.bytes", "memory of Caddy per stream"),
    NGINX_DELIVERY("nginx.delivery.us", "processor time of nginx per delivered event"),
    NGINX_CONNECT("nginx.connect.us", "processor time of nginx per opened stream"),
    NGINX_MEMORY("nginx.bytes", "memory of nginx per stream"),
    PROXY_TLS_CONNECT("proxy.tls.connect.us", "processor time of a proxy per TLS handshake"),
    PROXY_PORTS("proxy.ports", "connections from one address of a proxy to one node: ports that the system hands out");

    private final String key;
    private final String meaning;

    Cost(String key, String meaning) {
        this.key = key;
        this.meaning = meaning;
    }

    /** Name of the figure in a file. */
    public String key() {
        return key;
    }

    public String meaning() {
        return meaning;
    }

    static Optional<Cost> of(String key) {
        return Stream.of(values()).filter(cost -> cost.key.equals(key)).findFirst();
    }
}
