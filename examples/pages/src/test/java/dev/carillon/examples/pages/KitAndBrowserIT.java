package dev.carillon.examples.pages;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import dev.carillon.junit.pages.TestPages;
import dev.carillon.junit.pages.TestTab;
import dev.carillon.testkit.Chromium;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The same test of a page by the test kit and in a browser, in turn: both pass, and the kit takes less time. */
@Tag("full")
@Tag("chromium")
class KitAndBrowserIT {
    private static final int WARM_UP = 3;
    private static final int ROUNDS = 15;
    private static final double NANOS_PER_MILLI = 1e6;

    @RegisterExtension
    static final TestPages PAGES = TestPages.of(Examples::new).nodes(2).build();

    private final Chromium chromium = new Chromium();

    @AfterEach
    void close() {
        chromium.close();
    }

    @Test
    void kit_takes_less_time_than_a_browser() {
        List<Long> kit = new ArrayList<>();
        List<Long> browser = new ArrayList<>();
        for (int i = 0; i < WARM_UP + ROUNDS; i++) {
            long start = System.nanoTime();
            counterWithTheKit();
            long between = System.nanoTime();
            counterInTheBrowser();
            long end = System.nanoTime();
            if (i >= WARM_UP) {
                kit.add(between - start);
                browser.add(end - between);
            }
        }

        double quick = median(kit);
        double slow = median(browser);
        System.out.printf("a test of the counter: %.0f ms with the kit, %.0f ms in a browser%n", quick, slow);
        assertThat(quick).isLessThan(slow);
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    private static void counterWithTheKit() {
        TestTab ann = PAGES.browser().open("/examples/counter", 0);
        TestTab bob = PAGES.browser().open("/examples/counter", 1);

        ann.fill("step", "5").click("Add 1");
        bob.view("counter").hasText("5");
        bob.click("Add 1");
        ann.view("counter").hasText("6");
        bob.click("Reset");
        ann.view("counter").hasText("0");

        ann.disconnect();
        bob.disconnect();
    }

    private void counterInTheBrowser() {
        Page ann = open(0);
        Page bob = open(1);

        ann.getByLabel("Step").fill("5");
        Browsers.click(ann, "Add 1");
        assertThat(bob.locator("output")).hasText("5");
        Browsers.click(bob, "Add 1");
        assertThat(ann.locator("output")).hasText("6");
        Browsers.click(bob, "Reset");
        assertThat(ann.locator("output")).hasText("0");

        chromium.closePages();
    }

    private Page open(int node) {
        Page page = chromium.page(new Browser.NewContextOptions());
        page.navigate(PAGES.nodes().url(node).resolve("/examples/counter").toString());
        return page;
    }

    private static double median(List<Long> nanos) {
        return nanos.stream().sorted().toList().get(nanos.size() / 2) / NANOS_PER_MILLI;
    }
}
