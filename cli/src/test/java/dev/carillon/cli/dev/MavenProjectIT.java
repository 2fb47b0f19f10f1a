package dev.carillon.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.ChildProcess;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code dev}, as the root script starts it, with a Maven project outside of the checkout. Maven may have to download its plugin. */
@Tag("full")
@Tag("process")
class MavenProjectIT {
    private static final Duration STARTED_WITHIN = Duration.ofMinutes(5);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temporary;

    @SuppressWarnings("NullAway.Init")
    private ShopProject project;

    @SuppressWarnings("NullAway.Init")
    private ChildProcess dev;

    private int port;

    @BeforeEach
    void start() throws IOException {
        project = ShopProject.in(temporary.resolve("shop"));
        project.install(temporary.resolve("repository"));
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        dev = ChildProcess.of(
                        ChildProcess.jdk("java"),
                        "-cp",
                        "target/lib/*" + File.pathSeparator + "target/carillon-cli-" + ShopProject.VERSION + ".jar",
                        "dev.carillon.cli.Main",
                        "dev",
                        project.root().toString(),
                        "--port=" + port,
                        "--admin-port=0",
                        "--internal-port=0")
                .merged()
                .start();
        await().atMost(STARTED_WITHIN).until(() -> dev.out().contains("; Ctrl-C stops it") || !dev.isAlive());
    }

    @AfterEach
    void stop() {
        dev.close();
    }

    private void shows(DevTab tab, String text) {
        await().untilAsserted(() -> assertThat(tab.received()).as(dev.out()).contains(text));
    }

    /** Until the tab has its stream again: a new node may end it once more. */
    private void continues(DevTab tab, String text) {
        await().ignoreExceptions().untilAsserted(() -> {
            tab.reconnect();
            assertThat(tab.received()).as(dev.out()).contains(text);
        });
    }

    private long times(String line) {
        return Pattern.compile(line).matcher(dev.out()).results().count();
    }

    @Test
    void every_save_reaches_the_open_tab_which_keeps_its_state() throws IOException, InterruptedException {
        assertThat(dev.out()).contains("is served at http://127.0.0.1:" + port).doesNotContain("error");
        try (DevTab tab = DevTab.open(port, "/shop")) {
            assertThat(tab.html()).contains("<p>Hello</p>", "<output>0</output>", "/_pages/dev/bar.js");
            assertThat(tab.act("add", "").statusCode()).isEqualTo(200);
            shows(tab, "<output>1</output>");

            project.cart("<b>${count} pieces</b>");
            shows(tab, "<b>1 pieces</b>");
            project.style("rgb(9, 8, 7)");
            shows(tab, "shop.css");
            await().untilAsserted(() -> {
                assertThat(tab.get("/static/shop.css")).contains("rgb(9, 8, 7)");
                assertThat(tab.get("/one.css")).contains("rgb(9, 8, 7)");
            });
            assertThat(tab.hasEnded()).isFalse();

            project.save(
                    "src/main/java/com/example/shop/Greeting.java",
                    "package com.example.shop;\n\nclass Greeting {\n    broken\n}\n");
            shows(tab, "broken");
            assertThat(tab.act("add", "").statusCode()).isEqualTo(200);
            shows(tab, "<b>2 pieces</b>");
            project.greet("Goodbye");
            continues(tab, "<p>Goodbye</p>");
            assertThat(tab.act("add", "").statusCode()).isEqualTo(200);
            continues(tab, "<b>3 pieces</b>");

            project.cart("<b>${count.missing()}</b>");
            shows(tab, "cart.jte");
            project.cart("<i>${count}</i>");
            continues(tab, "<i>3</i>");
        }
        // A line comes after the news for the pages.
        await().untilAsserted(() -> {
            assertThat(times("cart.jte: views are rendered again"))
                    .as(dev.out())
                    .isEqualTo(2);
            assertThat(times("cart.jte: 1 error")).as(dev.out()).isEqualTo(1);
            assertThat(times("Greeting.java: 1 error")).as(dev.out()).isEqualTo(1);
            assertThat(times("Greeting.java: new classes, tabs continue"))
                    .as(dev.out())
                    .isEqualTo(1);
        });
    }

    @Test
    void dependency_that_is_added_is_there_and_one_that_is_missing_is_an_error()
            throws IOException, InterruptedException {
        String pom = Files.readString(project.root().resolve("pom.xml"));
        try (DevTab tab = DevTab.open(port, "/shop")) {
            project.save("pom.xml", pom.replace("<artifactId>jsoup</artifactId>", "<artifactId>jsouq</artifactId>"));
            await().atMost(STARTED_WITHIN)
                    .untilAsserted(
                            () -> assertThat(tab.received()).as(dev.out()).contains("pom.xml", "jsouq"));
            assertThat(tab.hasEnded()).isFalse();

            project.save("pom.xml", pom);
            await().atMost(STARTED_WITHIN)
                    .untilAsserted(() -> assertThat(dev.out()).contains("pom.xml: new classes"));
        }
    }
}
