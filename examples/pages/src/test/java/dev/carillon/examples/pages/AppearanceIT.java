package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.examples.pages.Browsers.click;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.carillon.testkit.Axe;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All examples in use, on phone and desktop, in light and dark: axe finds nothing, and nothing is wider than the screen. Writes screenshots to {@code target}. */
@Tag("full")
@Tag("process")
@Tag("chromium")
@Tag("clients")
class AppearanceIT {
    private static final Map<String, String> PAGES = Map.ofEntries(
            entry("list", ""),
            entry("counter", "/counter"),
            entry("chat", "/chat/lobby"),
            entry("board", "/board"),
            entry("poll", "/poll"),
            entry("ticker", "/ticker"),
            entry("todo", "/todo"),
            entry("search", "/search"),
            entry("shop", "/shop"),
            entry("sheet", "/sheet"),
            entry("wizard", "/wizard"),
            entry("life", "/life"),
            entry("race", "/race"),
            entry("auction", "/auction"),
            entry("theme", "/theme"),
            entry("monitor", "/monitor"),
            entry("components", "/components"),
            entry("source", "/source/Counter"),
            entry("login", "/login"),
            entry("files", "/files"));

    @SuppressWarnings("NullAway.Init")
    private static Browsers browsers;

    @BeforeAll
    static void start() {
        browsers = new Browsers("memory://appearance");
        use();
    }

    @AfterEach
    void closePages() {
        browsers.closePages();
    }

    @AfterAll
    static void stop() {
        browsers.close();
    }

    private static void use() {
        Page page = browsers.open(0, "/counter");
        page.getByLabel("Step").fill("37");
        click(page, "Add 1");
        for (String text : List.of(
                "Is anyone up in the tower?",
                "Yes, oiling the clapper.",
                "Careful with the rope, it is new, and there is a long text to break into lines here.")) {
            page.navigate(browsers.url(0, "/chat/lobby"));
            page.getByLabel("Name").fill("Ann");
            page.getByLabel("Message").fill(text);
            click(page, "Send");
            assertThat(page.locator(".log p").first()).containsText(text);
        }
        for (String choice :
                List.of("The tower bell", "The tower bell", "A bicycle bell", "The doorbell", "The tower bell")) {
            click(browsers.open(1, "/poll"), choice);
        }
        page.navigate(browsers.url(0, "/ticker"));
        assertThat(page.locator(".stocks")).isVisible();
        browsers.closePages();
    }

    @ParameterizedTest
    @CsvSource({"390, LIGHT", "390, DARK", "1280, LIGHT", "1280, DARK"})
    void examples_are_accessible_and_fit_the_screen(int width, ColorScheme scheme) {
        Page page = browsers.open(
                0,
                "/todo",
                new Browser.NewContextOptions()
                        .setViewportSize(width, 800)
                        .setColorScheme(scheme)
                        // axe-core is not of this site.
                        .setBypassCSP(true));
        for (String task : List.of("Oil the clapper", "Buy a new rope", "Ring at noon")) {
            page.getByLabel("New task").fill(task);
            click(page, "Add");
            assertThat(page.getByLabel("New task")).hasValue("");
        }
        page.getByText("Buy a new rope").click();
        assertThat(page.locator("[aria-checked=true]")).hasCount(1);
        PAGES.forEach((name, path) -> {
            page.navigate(browsers.url(0, path));
            assertThat(page.locator("h1")).isVisible();
            page.screenshot(new Page.ScreenshotOptions()
                    .setFullPage(true)
                    .setPath(Path.of("target/" + name + "-" + width + "-" + scheme + ".png")));
            assertThat(Axe.violations(page)).as(name).isEmpty();
            assertThat(page.evaluate("document.documentElement.scrollWidth"))
                    .as(name)
                    .isEqualTo(width);
        });
    }
}
