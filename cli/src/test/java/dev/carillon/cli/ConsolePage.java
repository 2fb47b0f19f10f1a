package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.carillon.testkit.Axe;
import dev.carillon.testkit.Chromium;

/** What an operator does at the console in a browser. */
final class ConsolePage {
    private final Page page;

    private ConsolePage(Page page) {
        this.page = page;
    }

    /** The page, before signing in. */
    static ConsolePage open(Chromium chromium, String admin, int width, int height, ColorScheme scheme) {
        // No fades: a colour between two would be measured.
        Page page = chromium.page(new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setReducedMotion(ReducedMotion.REDUCE)
                .setColorScheme(scheme));
        page.navigate(admin + "/console");
        return new ConsolePage(page);
    }

    static ConsolePage signedIn(Chromium chromium, String admin, String token, int width, ColorScheme scheme) {
        ConsolePage console = open(chromium, admin, width, 900, scheme);
        console.signIn(token);
        assertThat(console.page.locator("#data")).isVisible();
        console.page.waitForFunction("() => Number(document.documentElement.dataset.frames) >= 2");
        return console;
    }

    void signIn(String token) {
        page.getByLabel("Operators' token").fill(token);
        button("Sign in").click();
    }

    Page page() {
        return page;
    }

    Locator button(String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    /** The row of a node. */
    Locator node(String id) {
        return page.locator("#nodes tbody tr")
                .filter(new Locator.FilterOptions()
                        .setHas(page.locator("th").getByText(id, new Locator.GetByTextOptions().setExact(true))));
    }

    /** The open dialog. */
    Locator dialog() {
        return page.locator("dialog[open]");
    }

    Locator inDialog(String buttonName) {
        return dialog().getByRole(
                        AriaRole.BUTTON,
                        new Locator.GetByRoleOptions().setName(buttonName).setExact(true));
    }

    Locator result() {
        return page.locator("#result");
    }

    Locator feed() {
        return page.locator("#feed");
    }

    void assertClean() {
        assertThat(Axe.violations(page)).as(page.url()).isEmpty();
    }

    void assertFits(int width) {
        assertThat((int) page.evaluate("document.documentElement.scrollWidth")).isLessThanOrEqualTo(width);
    }

    /** {@code target/console-NAME.png}. */
    void picture(String name) {
        page.evaluate("() => scrollTo(0, 0)");
        byte[] _ = Pictures.take(page, "console-" + name);
    }

    /** A picture of docs/console.md. */
    void documented(String name) {
        page.evaluate("() => scrollTo(0, 0)");
        Pictures.document(page, "console-" + name);
    }
}
