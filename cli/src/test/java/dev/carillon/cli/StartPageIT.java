package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.TimeoutError;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The start page in a browser, on the cluster that {@code up} starts, by its proxy. */
class StartPageIT {
    private static final int TRIES = 30;

    @SuppressWarnings("NullAway.Init")
    private static UpProcess up;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        chromium = new Chromium();
        up = UpProcess.start("memory");
    }

    @AfterAll
    static void stop() {
        chromium.close();
        up.close();
    }

    @AfterEach
    void closePages() {
        chromium.closePages();
    }

    @Test
    void the_line_of_the_readme_works_in_its_console() throws IOException {
        Page page = open(1280, 800);
        List<String> written = new ArrayList<>();
        page.onConsoleMessage(message -> written.add(message.text()));

        // Its value is a function, which Playwright would call.
        page.evaluate(line() + "undefined");
        // Nothing tells when its stream is open, and only what comes after that is written.
        for (int i = 0; i < TRIES && !written.contains("hello"); i++) {
            broadcast("hello");
            awaitWritten(page, written);
        }

        assertThat(written).contains("hello");
        assertThat(page.locator("#events li").first()).containsText("hello");
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    void it_says_which_node_works_and_shows_what_is_broadcast_as_text() {
        Page page = open(1280, 800);
        assertThat(page.getByRole(AriaRole.STATUS))
                .hasText(Pattern.compile("It works: node n[123] sends events to this page\\."));
        assertThat(page.locator("#command"))
                .hasText("./carillon broadcast --url http://127.0.0.1:" + up.port()
                        + " --scope route:/board --data hello");

        broadcast("<b>bold</b>");

        assertThat(page.getByRole(AriaRole.LOG, new Page.GetByRoleOptions().setName("Events of route:/board"))
                        .getByRole(AriaRole.LISTITEM)
                        .first())
                .containsText("<b>bold</b>");
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    void its_links_lead_to_pages_that_are_there() {
        Page page = open(1280, 800);
        List<String> targets = page.locator("nav a").all().stream()
                .map(link -> String.valueOf(link.getAttribute("href")))
                .toList();

        assertThat(targets)
                .hasSize(6)
                .endsWith("/_health", "/.well-known/mercure/ui/", "/lightshow", "/lightshow/stage", "/examples");
        assertThat(targets.getFirst()).matches("http://127\\.0\\.0\\.1:\\d+/console");
        assertThat(targets.subList(1, targets.size()))
                .allSatisfy(
                        target -> assertThat(TestCluster.get(up.port(), target).statusCode())
                                .isEqualTo(200));
        page.keyboard().press("Tab");
        assertThat(page.locator("nav a").first()).isFocused();
        assertThat(page.locator("nav a").first()).hasCSS("outline-style", "solid");
    }

    @Test
    void test_event_of_its_node_arrives_in_its_own_tab() {
        try (TestCluster one = new TestCluster("memory://start-page-test", 1, Map.of("mode", "development"))) {
            Page page = chromium.page(400, 800);
            page.navigate("http://127.0.0.1:" + one.node(0).port() + "/");

            assertThat(page.locator("#arrival")).containsText("A test event for this tab alone arrived");
            assertThat(chromium.consoleErrors()).isEmpty();
            // Otherwise the page would report the end of its stream later.
            chromium.closePages();
        }
    }

    @Test
    void it_says_why_a_node_refuses_its_stream() {
        try (TestCluster closed = new TestCluster(
                "memory://start-page-refused", 1, Map.of("mode", "development", "anonymous", "false"))) {
            Page page = chromium.page(400, 800);
            page.navigate("http://127.0.0.1:" + closed.node(0).port() + "/");

            assertThat(page.locator("#state")).containsText("The node refused the stream: ");
            assertThat(page.locator("#state")).containsText("token");
            // The browser itself writes a refused request as an error.
            assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("401"));
        }
    }

    /** For people to look at, too: {@code target/start-*.png}. */
    @Test
    void nothing_is_wider_than_the_screen() {
        Page page = chromium.page(390, 844);
        page.navigate("http://127.0.0.1:" + up.port() + "/");
        assertThat(page.locator("#state")).containsText("It works");
        broadcast("x".repeat(500));
        assertThat(page.locator("#events li").first()).containsText("x".repeat(500));
        for (int width : List.of(320, 390, 1280)) {
            for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
                page.setViewportSize(width, 844);
                page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));

                assertThat((int) page.evaluate("document.documentElement.scrollWidth"))
                        .as(width + " " + scheme)
                        .isLessThanOrEqualTo(width);
                page.screenshot(new Page.ScreenshotOptions()
                        .setPath(Path.of("target", "start-" + width + "-" + scheme + ".png"))
                        .setFullPage(true));
            }
        }
    }

    private static void awaitWritten(Page page, List<String> written) {
        try {
            page.waitForCondition(
                    () -> written.contains("hello"), new Page.WaitForConditionOptions().setTimeout(1_000));
        } catch (TimeoutError e) {
            // The caller tries again.
        }
    }

    private static Page open(int width, int height) {
        Page page = chromium.page(width, height);
        page.navigate("http://127.0.0.1:" + up.port() + "/");
        assertThat(page.locator("#state")).containsText("It works");
        return page;
    }

    private static String line() throws IOException {
        Matcher block = Pattern.compile("```js\n(new EventSource.*)\n```")
                .matcher(Files.readString(Path.of("..", "README.md")));
        assertThat(block.find()).isTrue();
        return block.group(1);
    }

    private static void broadcast(String data) {
        CommandRun run = CommandRun.of(
                Map.of("CARILLON_TOKEN", up.token()),
                "",
                "broadcast",
                "--url",
                "http://127.0.0.1:" + up.port(),
                "--scope",
                "route:/board",
                "--data",
                data);
        assertThat(run.status()).as(run.err()).isZero();
    }
}
