package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands and programs of the tasks in docs/application.md, against one cluster, in a browser where they are of a page. */
@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("curl")
@Tag("python3")
class ApplicationPageIT {
    private static final String STATUS = "A live order status in five minutes";
    private static final String TYPED = "Typed events and `onmessage`";
    private static final String GAP = "What to do on `carillon.gap`";
    private static final String EXPIRING = "Tokens that expire";
    private static final String CLUSTER = "127.0.0.1:8080";
    private static final String SITE = "127.0.0.1:8000";

    @TempDir
    private static Path folder;

    private static final List<AutoCloseable> OPENED = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private static String page;

    @SuppressWarnings("NullAway.Init")
    private static UpProcess up;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    private static int site;

    @BeforeAll
    static void start() throws Exception {
        page = Files.readString(Path.of("../docs/application.md"));
        site = ServerProcess.freePort();
        Files.writeString(
                folder.resolve("carillon"),
                "#!/bin/sh\nexec '" + ChildProcess.jdk("java") + "' -XX:TieredStopAtLevel=1 -cp '"
                        + System.getProperty("java.class.path") + "' " + Main.class.getName() + " \"$@\"\n");
        Files.setPosixFilePermissions(folder.resolve("carillon"), PosixFilePermissions.fromString("rwx------"));
        List<String> commands = commands(STATUS);
        assertThat(commands).hasSize(6);
        assertThat(run(commands.get(0), "").status()).isZero();
        up = UpProcess.start("memory", upArguments(commands.get(1)));
        OPENED.add(up);
        Files.writeString(folder.resolve("order.html"), local(block("html", "<!-- order.html -->")));
        Files.writeString(
                folder.resolve("empty.html"), "<!doctype html><link rel=icon href=data:,><output id=status></output>");
        Files.writeString(folder.resolve("order.json"), "{\"status\":\"packed\",\"version\":2}");
        ChildProcess server = command("exec " + commands.get(2), "").start();
        OPENED.add(server);
        await().until(() -> {
            assertThat(server.isAlive()).as(server.text()).isTrue();
            return isOpen(site);
        });
        chromium = new Chromium();
        OPENED.add(chromium);
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable one : OPENED.reversed()) {
            one.close();
        }
    }

    @Test
    void status_changes_in_the_page_of_ann_alone() throws Exception {
        List<String> commands = commands(STATUS);
        Page ann = listening(run(commands.get(3), "").out().strip());
        Page bob = listening(
                run(commands.get(3).replace("user ann", "user bob"), "").out().strip());

        ChildProcess.Ended sent = run(commands.get(4) + "\n" + commands.get(5), "");

        assertThat(sent.status()).as(sent.err()).isZero();
        PlaywrightAssertions.assertThat(ann.locator("#status")).hasText("sent");
        assertThat(run(
                                commands.get(4) + "\n"
                                        + commands.get(5)
                                                .replace("user:ann", "user:bob")
                                                .replace("sent", "lost"),
                                "")
                        .status())
                .isZero();
        PlaywrightAssertions.assertThat(bob.locator("#status")).hasText("lost");
        assertThat(ann.locator("#status").textContent()).isEqualTo("sent");
        chromium.closePages();
    }

    /** Opens the address, and waits until the connection of the page is open. */
    private static Page listening(String address) {
        Page listening = chromium.page(400, 300);
        List<String> frames = Collections.synchronizedList(new ArrayList<>());
        listening.onWebSocket(socket -> socket.onFrameReceived(frame -> frames.add(String.valueOf(frame.text()))));
        listening.navigate(address);
        awaitInPage(listening, () -> frames.stream().anyMatch(frame -> frame.contains("\"type\":\"open\"")));
        return listening;
    }

    private static void awaitInPage(Page open, java.util.function.BooleanSupplier condition) {
        await().until(() -> {
            open.evaluate("1"); // delivers the events of the page
            return condition.getAsBoolean();
        });
    }

    @Test
    void page_of_another_origin_is_told_so_by_the_console_of_the_browser() {
        Page other = chromium.page(400, 300);
        List<String> console = Collections.synchronizedList(new ArrayList<>());
        other.onConsoleMessage(message -> console.add(message.text()));
        other.navigate("http://localhost:" + site + "/empty.html");

        other.evaluate("""
                address => {
                  const source = new EventSource(address + '/events?topic=news');
                  source.onerror = () => window.failed = true;
                  new WebSocket(address.replace('http', 'ws') + '/ws?topic=news').onclose = () => window.refused = true;
                }
                """, "http://127.0.0.1:" + up.port());
        other.waitForFunction("window.failed && window.refused");

        assertThat(console).anyMatch(text -> text.contains("blocked by CORS policy"));
        assertThat(console).anyMatch(text -> text.contains("Unexpected response code: 403"));
        chromium.consoleErrors();
        chromium.closePages();
    }

    @Test
    void events_with_a_type_and_without_one_reach_their_listeners() throws Exception {
        Page open = chromium.page(400, 300);
        List<String> console = Collections.synchronizedList(new ArrayList<>());
        open.onConsoleMessage(message -> console.add(message.text()));
        open.navigate("http://127.0.0.1:" + site + "/empty.html");
        open.addScriptTag(script(local(block("js", "<!-- typed.js -->"))
                + "source.addEventListener('carillon.open', () => window.opened = true);"));
        open.waitForFunction("window.opened");

        for (String broadcast : commands(TYPED)) {
            assertThat(run(broadcast, up.token()).status()).isZero();
        }

        awaitInPage(open, () -> console.size() >= 2);
        assertThat(console).containsExactly("without a type: hello", "of type status: sent");
        chromium.closePages();
    }

    @Test
    void state_is_loaded_at_the_start_and_after_a_gap_and_an_older_event_does_not_replace_it() throws Exception {
        Page open = chromium.page(400, 300);
        List<String> loaded = Collections.synchronizedList(new ArrayList<>());
        open.onRequest(request -> {
            if (request.url().endsWith("/order.json")) {
                loaded.add(request.url());
            }
        });
        open.navigate("http://127.0.0.1:" + site + "/empty.html");
        open.addScriptTag(script(
                local(block("js", "<!-- gap.js -->")).replace("topic=orders", "topic=orders&lastEventID=unknown")));
        PlaywrightAssertions.assertThat(open.locator("#status")).hasText("packed");
        awaitInPage(open, () -> loaded.size() >= 2);

        for (String order : List.of("{\"status\":\"old\",\"version\":1}", "{\"status\":\"sent\",\"version\":3}")) {
            assertThat(run("./carillon broadcast --scope topic:orders --type status --data '" + order + "'", up.token())
                            .status())
                    .isZero();
        }

        PlaywrightAssertions.assertThat(open.locator("#status")).hasText("sent");
        ChildProcess.Ended gap = run(commands(GAP).getFirst().replace("curl -N", "curl -N -m 5"), "");
        assertThat(gap.out()).contains("event: carillon.gap", "{\"reason\":\"unknown\"");
        chromium.closePages();
    }

    @Test
    void stream_ends_with_its_token_and_says_so() throws Exception {
        ChildProcess.Ended ended = run(String.join("\n", commands(EXPIRING)), "");

        assertThat(ended.out())
                .containsSubsequence(
                        "event: carillon.open",
                        "event: carillon.token",
                        "event: carillon.close",
                        "{\"reason\":\"expired\"}",
                        "\"code\":\"token-expired\"");
    }

    /** The indented lines of a section. */
    private static List<String> commands(String heading) {
        int begin = page.indexOf("\n## " + heading + "\n");
        assertThat(begin).as(heading).isPositive();
        return page.substring(begin, page.indexOf("\n## ", begin + 1))
                .replaceAll("(?s)```.*?```", "")
                .lines()
                .filter(line -> line.startsWith("    "))
                .map(String::strip)
                .toList();
    }

    private static String block(String language, String comment) {
        Matcher block = Pattern.compile("(?s)" + comment + "\\s+```" + language + "\n(.*?)```")
                .matcher(page);
        assertThat(block.find()).as(comment).isTrue();
        return block.group(1);
    }

    private static String[] upArguments(String command) {
        assertThat(command).startsWith("./carillon up ");
        return Arrays.stream(local(command).split(" ", -1))
                .skip(2)
                .map(word -> word.replace("jwt.key", folder.resolve("jwt.key").toString()))
                .toArray(String[]::new);
    }

    /** With the ports of this test. */
    private static String local(String text) {
        return text.replace(CLUSTER, "127.0.0.1:" + (up == null ? 0 : up.port()))
                .replace(SITE, "127.0.0.1:" + site)
                .replace("--bind 127.0.0.1 8000", "--bind 127.0.0.1 " + site);
    }

    private static Page.AddScriptTagOptions script(String content) {
        return new Page.AddScriptTagOptions().setContent(content);
    }

    private static ChildProcess.Ended run(String commands, String token) throws IOException, InterruptedException {
        return command(commands, token).run(Patience.LIMIT);
    }

    private static ChildProcess.Builder command(String commands, String token) {
        return ChildProcess.of("sh", "-c", local(commands)).directory(folder).environment(all -> {
            all.keySet().removeIf(Commands::isSetting);
            if (!token.isEmpty()) {
                all.put("CARILLON_TOKEN", token);
            }
            if (up != null) {
                all.put("CARILLON_URL", "http://127.0.0.1:" + up.port());
            }
        });
    }

    private static boolean isOpen(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
