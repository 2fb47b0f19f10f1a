package dev.carillon.cli.dev;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.carillon.base.Settings;
import dev.carillon.testkit.Chromium;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A page in Chromium whose sources change, and its dev bar. Prints the times from a save to the page. */
@Tag("full")
@Tag("chromium")
class DevPageIT {
    private static final int ROUNDS = 5;
    private static final Path DATASTAR = Path.of(
                    Objects.requireNonNullElse(System.getenv("CLIENTS"), "../.cache/clients"), "datastar")
            .toAbsolutePath();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temporary;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @SuppressWarnings("NullAway.Init")
    private SourceFolder sources;

    @SuppressWarnings("NullAway.Init")
    private DevServer server;

    @SuppressWarnings("NullAway.Init")
    private Chromium chromium;

    private int port;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        sources = SourceFolder.shop(temporary.resolve("shop"));
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Settings settings = Settings.of(
                DevSettings.KEYS,
                Map.of(
                        "port",
                        Integer.toString(port),
                        "admin-port",
                        "0",
                        "internal-port",
                        "0",
                        "broker",
                        "memory://" + UUID.randomUUID()));
        DevSettings own = new DevSettings();
        server = DevServer.start(
                new DevServer.Options(
                        sources.project(),
                        IgnoredFiles.of(List.of()),
                        Optional.empty(),
                        () -> own.config(settings),
                        Optional.empty(),
                        config -> DevSettings.keeper(settings)),
                new PrintStream(out, true, StandardCharsets.UTF_8));
        chromium = new Chromium();
    }

    @AfterEach
    void stop() throws IOException {
        chromium.close();
        server.close();
    }

    /** Saves a file, waits until the page shows it, and tells how long that took. */
    private interface Change {
        void save(int round) throws IOException;
    }

    private static long millis(Change change, int round, Runnable shown) throws IOException {
        long begun = System.nanoTime();
        change.save(round);
        shown.run();
        return (System.nanoTime() - begun) / 1_000_000;
    }

    private static String median(List<Long> times) {
        List<Long> sorted = times.stream().sorted().toList();
        return "median " + sorted.get(sorted.size() / 2) + " ms of " + times;
    }

    private static Locator bar(Page page, String button) {
        return page.locator("carillon-dev-bar")
                .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(button));
    }

    @Test
    void saves_show_in_the_page_which_keeps_its_state() throws IOException {
        Page page = chromium.page(new Browser.NewContextOptions().setViewportSize(1000, 700));
        page.navigate("http://127.0.0.1:" + port + "/shop");
        assertThat(page.locator("carillon-dev-bar .summary")).containsText("dev");
        for (int i = 1; i <= 3; i++) {
            act(page);
            assertThat(page.locator("output")).hasText(Integer.toString(i));
        }
        page.locator("#field-password").fill("half-typed");

        List<Long> templates = new ArrayList<>();
        List<Long> styles = new ArrayList<>();
        List<Long> classes = new ArrayList<>();
        List<Long> errors = new ArrayList<>();
        List<Long> repairs = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            int n = round;
            templates.add(millis(
                    i -> sources.save("jte/count.jte", "@param int count\n<output>${count} of " + i + "</output>\n"),
                    n,
                    () -> assertThat(page.locator("output")).hasText("3 of " + n)));
            assertThat(page.locator("#field-password")).hasValue("half-typed");
            styles.add(millis(
                    i -> sources.save("public/shop.css", "p { color: rgb(" + i + ", 2, 3); }\n"),
                    n,
                    () -> assertThat(page.locator("main p")).hasCSS("color", "rgb(" + n + ", 2, 3)")));
            classes.add(millis(
                    i -> sources.greet("Round " + i),
                    n,
                    () -> assertThat(page.locator("main p")).hasText("Round " + n)));
            assertThat(page.locator("output")).hasText("3 of " + n);
            errors.add(millis(
                    i -> sources.save(
                            "Greeting.java", "package shop;\n\nfinal class Greeting {\n    broken" + i + "\n}\n"),
                    n,
                    () -> assertThat(page.locator("carillon-dev-bar .errors")).containsText("broken" + n)));
            if (n == 1) {
                page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/dev-errors.png")));
            }
            repairs.add(millis(
                    i -> sources.greet("Repaired " + i),
                    n,
                    () -> assertThat(page.locator("main p")).hasText("Repaired " + n)));
            assertThat(page.locator("carillon-dev-bar .errors")).isHidden();
        }
        Path shop = sources.root().resolve("Shop.java");
        sources.save("Shop.java", Files.readString(shop).replace("\"<main>\"", "\"<main><h1>Sale</h1>\""));
        assertThat(page.locator("h1")).hasText("Sale");
        assertThat(page.locator("#field-password")).hasValue("half-typed");
        act(page);
        assertThat(page.locator("output")).hasText("4 of " + ROUNDS);
        System.out.println("save to seen, template: " + median(templates));
        System.out.println("save to seen, style sheet: " + median(styles));
        System.out.println("save to seen, class: " + median(classes));
        System.out.println("save to seen, compile error: " + median(errors));
        System.out.println("save to seen, its repair: " + median(repairs));
        assertThat(page.evaluate("performance.getEntriesByType('navigation').length"))
                .isEqualTo(1);
    }

    @Test
    @Tag("datastar")
    void page_with_datastar_shows_saves_and_keeps_its_signals() throws IOException {
        sources.addDatastar(DATASTAR);
        await().untilAsserted(() ->
                assertThat(out.toString(StandardCharsets.UTF_8)).containsPattern("Shop\\.java[^\n]*: new classes"));
        Page page = chromium.page(new Browser.NewContextOptions().setViewportSize(1000, 700));
        page.navigate("http://127.0.0.1:" + port + "/star");
        assertThat(page.locator("carillon-dev-bar .summary")).containsText("dev");
        add(page);
        add(page);
        assertThat(page.locator("output")).hasText("2");
        page.locator("#field-note").fill("half-typed");

        sources.save("jte/count.jte", "@param int count\n<output>${count} pieces</output>\n");
        assertThat(page.locator("output")).hasText("2 pieces");
        sources.save("public/shop.css", "p { color: rgb(7, 2, 3); }\n");
        assertThat(page.locator("main p")).hasCSS("color", "rgb(7, 2, 3)");
        sources.save("Greeting.java", "package shop;\n\nfinal class Greeting {\n    broken\n}\n");
        assertThat(page.locator("carillon-dev-bar .errors")).containsText("broken");
        sources.greet("Repaired");
        assertThat(page.locator("main p")).hasText("Repaired");
        assertThat(page.locator("carillon-dev-bar .errors")).isHidden();
        Path star = sources.root().resolve("Star.java");
        sources.save("Star.java", Files.readString(star).replace("\"<main>\"", "\"<main><h1>Sale</h1>\""));
        assertThat(page.locator("h1")).hasText("Sale");

        assertThat(page.locator("#field-note")).hasValue("half-typed");
        add(page);
        assertThat(page.locator("output")).hasText("3 pieces");
        assertThat(page.locator("main i")).hasText("half-typed");
        assertThat(page.evaluate("performance.getEntriesByType('navigation').length"))
                .isEqualTo(1);
    }

    private static void add(Page page) {
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Add"))
                .click();
    }

    private static void act(Page page) {
        page.evaluate("""
                () => {
                  const form = document.getElementById('carillon');
                  const button = document.createElement('button');
                  button.formAction = '/_pages/action/add';
                  button.setAttribute('form', 'carillon');
                  document.body.append(button);
                  form.requestSubmit(button);
                  button.remove();
                }
                """);
    }

    @Test
    void bar_shows_traces_and_tabs_by_keyboard_and_can_be_hidden() {
        Page page = chromium.page(new Browser.NewContextOptions().setViewportSize(1000, 700));
        page.navigate("http://127.0.0.1:" + port + "/shop");
        assertThat(page.locator("carillon-dev-bar .summary")).containsText("dev");
        act(page);

        Locator summary = page.locator("carillon-dev-bar .summary");
        assertThat(summary).containsText("action add");
        bar(page, "Traces").focus();
        page.keyboard().press("Enter");
        Locator trace = page.locator("carillon-dev-bar details")
                .filter(new Locator.FilterOptions().setHasText("action add"))
                .first();
        trace.locator("summary").click();
        assertThat(trace).containsText("count of the tab = 1");
        assertThat(trace).containsText("count (tab): rendered because of count of the tab");
        assertThat(trace).containsText("greeting (tab): not rendered: reads none of the changed signals");
        assertThat(trace).containsText("1 stream");
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/dev-bar.png")));
        bar(page, "Tabs").click();
        assertThat(page.locator("carillon-dev-bar table")).containsText("/shop");
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target/dev-tabs.png")));

        // What is at the end of the page can be scrolled clear of the bar.
        await().until(() -> Boolean.TRUE.equals(page.evaluate("""
                () => {
                  scrollTo(0, document.documentElement.scrollHeight);
                  const bar = document.querySelector('carillon-dev-bar').getBoundingClientRect();
                  return document.querySelector('main').getBoundingClientRect().bottom <= bar.top + 1;
                }
                """)));
        bar(page, "Hide").click();
        assertThat(page.locator("carillon-dev-bar")).isHidden();
        page.keyboard().press("Alt+Shift+D");
        assertThat(page.locator("carillon-dev-bar")).isVisible();
        assertThat(chromium.consoleErrors()).isEmpty();
    }
}
