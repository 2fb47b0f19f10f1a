package dev.carillon.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Clients that other projects made, each by the program in its language below {@code src/test/clients} that takes its name and a URL, writes
 * each event as ID, tab, data, and to standard error what it says of itself. {@code ./carillon test} gets and builds them.
 */
enum ClientProgram {
    R3LABS("Go r3labs/sse", Language.GO, "r3labs-sse", Reconnects.ITSELF),
    NET_HTTP("Go net/http", Language.GO, "net-http", Reconnects.BY_APPLICATION),
    EVENTSOURCE("npm eventsource 3", Language.NODEJS, "eventsource", Reconnects.ITSELF),
    EVENTSOURCE_2("npm eventsource 2", Language.NODEJS, "eventsource-2", Reconnects.ITSELF),
    POLYFILL("npm event-source-polyfill", Language.NODEJS, "event-source-polyfill", Reconnects.ITSELF),
    FETCH_EVENT_SOURCE("npm fetch-event-source", Language.NODEJS, "fetch-event-source", Reconnects.ITSELF),
    SSECLIENT_PY("Python requests, sseclient-py", Language.PYTHON, "sseclient-py", Reconnects.BY_APPLICATION),
    HTTPX_SSE("Python httpx-sse", Language.PYTHON, "httpx-sse", Reconnects.BY_APPLICATION),
    AIOHTTP("Python aiohttp-sse-client", Language.PYTHON, "aiohttp-sse-client", Reconnects.UNLESS_BROKEN),
    OKHTTP("Java okhttp-eventsource", Language.JAVA, "okhttp-eventsource", Reconnects.ITSELF),
    JAVA_NET_HTTP("Java java.net.http", Language.JAVA, "java-net-http", Reconnects.BY_APPLICATION),
    EVENTSOURCE_CLIENT("Rust eventsource-client", Language.RUST, "eventsource-client", Reconnects.ITSELF),
    REQWEST("Rust reqwest-eventsource", Language.RUST, "reqwest-eventsource", Reconnects.ITSELF),
    SYMFONY_NATIVE("PHP symfony/http-client native", Language.PHP, "symfony-native", Reconnects.ITSELF),
    SYMFONY_CURL("PHP symfony/http-client curl", Language.PHP, "symfony-curl", Reconnects.ITSELF),
    CURL("curl -N", Language.SHELL, "curl", Reconnects.BY_APPLICATION),
    CURL_COMPRESSED("curl -N --compressed", Language.SHELL, "curl-compressed", Reconnects.BY_APPLICATION),
    WGET("wget", Language.SHELL, "wget", Reconnects.BY_APPLICATION);

    enum Reconnects {
        ITSELF,
        /** After a stream that ended; where it breaks off, as that of a node that is killed, its program begins again with the last id. */
        UNLESS_BROKEN,
        /** Its program begins again with the last id, as an application has to. */
        BY_APPLICATION
    }

    private enum Language {
        GO(folder() + "/go-clients"),
        NODEJS(Objects.requireNonNullElse(System.getenv("NODEJS"), "/usr/bin/node"), source("nodejs/client.cjs")),
        PYTHON(folder() + "/python/bin/python", source("python/client.py")),
        JAVA(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SseClientMain.class.getName()),
        RUST(folder() + "/rust-clients"),
        PHP(Objects.requireNonNullElse(System.getenv("PHP"), "/usr/bin/php"), source("php/client.php")),
        SHELL("/bin/sh", source("sh/client.sh"));

        @SuppressWarnings("ImmutableEnumChecker") // List.of
        private final List<String> command;

        Language(String... command) {
            this.command = List.of(command);
        }

        private static String source(String name) {
            return Path.of("src/test/clients", name).toString();
        }
    }

    private final String title;
    private final Language language;
    private final String name;
    private final Reconnects reconnects;

    ClientProgram(String title, Language language, String name, Reconnects reconnects) {
        this.title = title;
        this.language = language;
        this.name = name;
        this.reconnects = reconnects;
    }

    /** Directory of the built client programs. */
    static Path folder() {
        return Path.of(Objects.requireNonNullElse(System.getenv("CLIENTS"), "../.cache/clients"))
                .toAbsolutePath()
                .normalize();
    }

    String title() {
        return title;
    }

    Reconnects reconnects() {
        return reconnects;
    }

    /** Whether its program is on this machine. */
    boolean isThere() {
        return Files.isExecutable(Path.of(language.command.getFirst()));
    }

    List<String> command(String url) {
        List<String> command = new ArrayList<>(language.command);
        command.add(name);
        command.add(url);
        return command;
    }
}
