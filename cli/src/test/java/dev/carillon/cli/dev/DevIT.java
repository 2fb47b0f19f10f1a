package dev.carillon.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application whose sources change while a tab is open. */
class DevIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temporary;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @SuppressWarnings("NullAway.Init")
    private SourceFolder sources;

    @SuppressWarnings("NullAway.Init")
    private Path settingsFile;

    @SuppressWarnings("NullAway.Init")
    private DevServer server;

    private int port;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        sources = SourceFolder.shop(temporary.resolve("shop"));
        settingsFile = Files.writeString(temporary.resolve("dev.properties"), "context-linger=30s\n");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        DevSettings own = new DevSettings();
        server = DevServer.start(
                new DevServer.Options(
                        sources.project(),
                        IgnoredFiles.of(List.of()),
                        Optional.empty(),
                        () -> own.config(settings()),
                        Optional.of(settingsFile),
                        config -> DevSettings.keeper(settings())),
                new PrintStream(out, true, StandardCharsets.UTF_8));
    }

    private final String broker = "memory://" + UUID.randomUUID();

    private Settings settings() {
        Properties file = new Properties();
        try (var in = Files.newBufferedReader(settingsFile)) {
            file.load(in);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Map<String, String> all = new HashMap<>(
                Map.of("port", Integer.toString(port), "admin-port", "0", "internal-port", "0", "broker", broker));
        file.stringPropertyNames().forEach(name -> all.put(name, file.getProperty(name)));
        return Settings.of(DevSettings.KEYS, all);
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void acts(DevTab tab) throws IOException, InterruptedException {
        assertThat(tab.act("add", "").statusCode()).isEqualTo(200);
    }

    @Test
    void template_style_sheet_class_error_and_repair_reach_the_open_tab_which_keeps_its_state()
            throws IOException, InterruptedException {
        try (DevTab tab = DevTab.open(port, "/shop")) {
            assertThat(tab.html()).contains("<p>Hello</p>", "/_pages/dev/bar.js");
            acts(tab);
            acts(tab);
            await().untilAsserted(() -> assertThat(tab.received()).contains("<output>2</output>"));
            ClassLoader first = server.loader();

            sources.save("jte/count.jte", "@param int count\n<b>${count} pieces</b>\n");
            await().untilAsserted(() -> assertThat(tab.received()).contains("<b>2 pieces</b>", "\"document\""));
            assertThat(server.loader()).isSameAs(first);
            assertThat(tab.hasEnded()).isFalse();

            String css = asset(tab);
            sources.save("public/shop.css", "p { color: rgb(9, 8, 7); }\n");
            await().untilAsserted(() -> assertThat(tab.received()).contains("shop.css"));
            assertThat(tab.get("/static/shop.css")).contains("rgb(9, 8, 7)");
            assertThat(css).contains("/static/shop.");
            assertThat(tab.hasEnded()).isFalse();

            sources.save("Greeting.java", "package shop;\n\nfinal class Greeting {\n    broken\n}\n");
            await().untilAsserted(() -> assertThat(tab.received()).contains("\"problems\"", "Greeting.java", "broken"));
            acts(tab);
            await().untilAsserted(() -> assertThat(tab.received()).contains("<b>3 pieces</b>"));
            assertThat(server.loader()).isSameAs(first);
            assertThat(tab.get("/_pages/dev/state")).contains("\"line\":4");

            sources.greet("Goodbye");
            await().until(tab::hasEnded);
            await().ignoreExceptions().untilAsserted(() -> {
                tab.reconnect();
                assertThat(tab.received()).contains("<p>Goodbye</p>", "<b>3 pieces</b>");
            });
            assertThat(server.problems()).isEmpty();
            assertThat(tab.get("/_pages/dev/state")).contains("\"problems\":[]");
            acts(tab);
            await().untilAsserted(() -> assertThat(tab.received()).contains("<b>4 pieces</b>"));
        }
        assertThat(printed())
                .containsPattern("jte/count.jte: views are rendered again, \\d+ ms")
                .containsPattern("public/shop.css: files are loaded again, \\d+ ms")
                .containsPattern("Greeting.java: 1 error, \\d+ ms\n  Greeting.java:4: ")
                .containsPattern("Greeting.java: new classes, tabs continue, \\d+ ms");
    }

    private static String asset(DevTab tab) {
        Matcher link = Pattern.compile("href=\"(/static/[^\"]+)\"").matcher(tab.html());
        assertThat(link.find()).isTrue();
        return link.group(1);
    }

    @Test
    void classes_of_an_earlier_build_are_collected() throws IOException, InterruptedException {
        WeakReference<ClassLoader> first = new WeakReference<>(server.loader());
        try (DevTab tab = DevTab.open(port, "/shop")) {
            acts(tab);
        }
        sources.greet("Second");
        await().until(() -> !Objects.equals(server.loader(), first.get()));

        await().until(() -> {
            System.gc();
            return first.get() == null;
        });
    }

    @Test
    void settings_start_another_node_and_wrong_ones_are_refused() throws IOException, InterruptedException {
        try (DevTab tab = DevTab.open(port, "/shop")) {
            acts(tab);
            Files.writeString(settingsFile, "context-linger=forever\n");
            await().untilAsserted(() -> assertThat(tab.received()).contains("\"problems\"", "context-linger"));
            assertThat(tab.hasEnded()).isFalse();

            Files.writeString(settingsFile, "context-linger=20s\nbase-path=/later\n");
            await().until(tab::hasEnded);
            await().ignoreExceptions()
                    .untilAsserted(
                            () -> assertThat(tab.get("/later/_pages/dev/state")).contains("\"problems\":[]"));
        }
        assertThat(printed()).contains("dev.properties");
    }

    @Test
    void application_that_cannot_start_leaves_the_one_before_in_service() throws IOException, InterruptedException {
        try (DevTab tab = DevTab.open(port, "/shop")) {
            acts(tab);
            sources.save(
                    "Shop.java",
                    Files.readString(sources.root().resolve("Shop.java"))
                            .replace(
                                    "return Carillon",
                                    "if (true) throw new IllegalStateException(\"no stock\"); return Carillon"));
            await().untilAsserted(() -> assertThat(server.problems())
                    .singleElement()
                    .satisfies(problem -> assertThat(problem.message()).contains("no stock")));
            assertThat(server.problems().getFirst().file()).isEqualTo("Shop.java");
            acts(tab);
        }
    }

    @Test
    void trace_shows_what_an_action_did_and_no_secret() throws IOException, InterruptedException {
        try (DevTab tab = DevTab.open(port, "/shop")) {
            assertThat(tab.act("add", "&password=hunter2").statusCode()).isEqualTo(200);

            await().untilAsserted(() -> assertThat(tab.received()).contains("\"traces\""));
            String traces = tab.get("/_pages/dev/traces?after=0");
            assertThat(traces)
                    .contains(
                            "\"kind\":\"action\"",
                            "\"name\":\"add\"",
                            "\"count of the tab\":\"1\"",
                            "\"password\":\"(hidden)\"")
                    .contains("\"outcome\":\"RENDERED\"", "\"outcome\":\"NOT_AFFECTED\"", "\"targets\":[\"count\"]")
                    .contains("\"recipients\":1")
                    .doesNotContain("hunter2");
            assertThat(tab.get("/_pages/dev/contexts")).contains("\"path\":\"/shop\"", "\"connected\":true");
        }
    }
}
