package dev.carillon.cli;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** WebSocket clients that other projects made, without that of the browser. */
enum WebSocketProgram {
    JDK("Java java.net.http", () -> true, JdkWebSocket::new, true, false),
    /** Whether it offers compression depends on its version. */
    BUILT_IN("Node.js WebSocket", ClientLanguage.NODEJS, "built-in", false, false),
    WS("npm ws", ClientLanguage.NODEJS, "ws", true, true),
    WEBSOCKETS("Python websockets", ClientLanguage.PYTHON, "websockets", true, true),
    CODER("Go coder/websocket", ClientLanguage.GO, "coder-websocket", true, true),
    GORILLA("Go gorilla/websocket", ClientLanguage.GO, "gorilla-websocket", true, true),
    TUNGSTENITE("Rust tokio-tungstenite", ClientLanguage.RUST, "tokio-tungstenite", true, false);

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // Has no state.
    private final BooleanSupplier isThere;

    @SuppressWarnings("ImmutableEnumChecker") // Has no state.
    private final Supplier<WebSocketClient> start;

    private final boolean pings;
    private final boolean compresses;

    WebSocketProgram(
            String title, BooleanSupplier isThere, Supplier<WebSocketClient> start, boolean pings, boolean compresses) {
        this.title = title;
        this.isThere = isThere;
        this.start = start;
        this.pings = pings;
        this.compresses = compresses;
    }

    WebSocketProgram(String title, ClientLanguage language, String name, boolean pings, boolean compresses) {
        this(title, language::isThere, () -> new WebSocketProcess(language.command(name)), pings, compresses);
    }

    String title() {
        return title;
    }

    /** Whether its program is on this machine. */
    boolean isThere() {
        return isThere.getAsBoolean();
    }

    WebSocketClient start() {
        return start.get();
    }

    /** Whether an application can send a ping with it. */
    boolean pings() {
        return pings;
    }

    /** Whether it offers permessage-deflate in every version. */
    boolean compresses() {
        return compresses;
    }
}
