package dev.carillon.cli;

import java.util.List;

/**
 * Clients that other projects made, each by the program in its language below {@code src/test/clients} that takes its name and a URL, writes
 * each event as ID, tab, data, and to standard error what it says of itself. {@code ./carillon test} gets and builds them.
 */
enum ClientProgram {
    R3LABS("Go r3labs/sse", ClientLanguage.GO, "r3labs-sse", Reconnects.ITSELF),
    NET_HTTP("Go net/http", ClientLanguage.GO, "net-http", Reconnects.BY_APPLICATION),
    EVENTSOURCE("npm eventsource 3", ClientLanguage.NODEJS, "eventsource", Reconnects.ITSELF),
    EVENTSOURCE_2("npm eventsource 2", ClientLanguage.NODEJS, "eventsource-2", Reconnects.ITSELF),
    POLYFILL("npm event-source-polyfill", ClientLanguage.NODEJS, "event-source-polyfill", Reconnects.ITSELF),
    FETCH_EVENT_SOURCE("npm fetch-event-source", ClientLanguage.NODEJS, "fetch-event-source", Reconnects.ITSELF),
    SSECLIENT_PY("Python requests, sseclient-py", ClientLanguage.PYTHON, "sseclient-py", Reconnects.BY_APPLICATION),
    HTTPX_SSE("Python httpx-sse", ClientLanguage.PYTHON, "httpx-sse", Reconnects.BY_APPLICATION),
    AIOHTTP("Python aiohttp-sse-client", ClientLanguage.PYTHON, "aiohttp-sse-client", Reconnects.UNLESS_BROKEN),
    OKHTTP("Java okhttp-eventsource", ClientLanguage.JAVA, "okhttp-eventsource", Reconnects.ITSELF),
    JAVA_NET_HTTP("Java java.net.http", ClientLanguage.JAVA, "java-net-http", Reconnects.BY_APPLICATION),
    EVENTSOURCE_CLIENT("Rust eventsource-client", ClientLanguage.RUST, "eventsource-client", Reconnects.ITSELF),
    REQWEST("Rust reqwest-eventsource", ClientLanguage.RUST, "reqwest-eventsource", Reconnects.ITSELF),
    SYMFONY_NATIVE("PHP symfony/http-client native", ClientLanguage.PHP, "symfony-native", Reconnects.ITSELF),
    SYMFONY_CURL("PHP symfony/http-client curl", ClientLanguage.PHP, "symfony-curl", Reconnects.ITSELF),
    CURL("curl -N", ClientLanguage.SHELL, "curl", Reconnects.BY_APPLICATION),
    CURL_COMPRESSED("curl -N --compressed", ClientLanguage.SHELL, "curl-compressed", Reconnects.BY_APPLICATION),
    WGET("wget", ClientLanguage.SHELL, "wget", Reconnects.BY_APPLICATION);

    enum Reconnects {
        ITSELF,
        /** After a stream that ended; where it breaks off, as that of a node that is killed, its program begins again with the last id. */
        UNLESS_BROKEN,
        /** Its program begins again with the last id, as an application has to. */
        BY_APPLICATION
    }

    private final String title;
    private final ClientLanguage language;
    private final String name;
    private final Reconnects reconnects;

    ClientProgram(String title, ClientLanguage language, String name, Reconnects reconnects) {
        this.title = title;
        this.language = language;
        this.name = name;
        this.reconnects = reconnects;
    }

    String title() {
        return title;
    }

    Reconnects reconnects() {
        return reconnects;
    }

    /** Whether its program is on this machine. */
    boolean isThere() {
        return language.isThere();
    }

    List<String> command(String url) {
        return language.command(name, url);
    }
}
