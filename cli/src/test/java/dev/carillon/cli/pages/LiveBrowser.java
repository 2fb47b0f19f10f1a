package dev.carillon.cli.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import dev.carillon.testkit.Chromium;
import java.net.URI;

/** A page in a browser, whose user has half-typed a note and clicks a button. Used by one thread, that of Playwright. */
final class LiveBrowser {
    private static final String HALF = "half a sent";
    /** Statuses of actions that may have had an effect: no node knows, or none has answered in time. */
    private static final String UNKNOWN = "409|503";

    private final Page page;
    private int sent;
    private int confirmed;
    private int unknown;

    LiveBrowser(Chromium chromium, URI site) {
        page = chromium.page(600, 400);
        page.navigate(site.toString());
        page.evaluate("""
                window.loaded = 'once';
                window.answers = [];
                addEventListener('turbo:submit-end', end => answers.push(end.detail.fetchResponse?.statusCode ?? 0));
                """);
        note().pressSequentially(HALF);
    }

    private Locator note() {
        return page.getByLabel("Note");
    }

    /** Clicks once, and returns when the click has its answer and the page shows the effects of all that were confirmed. */
    void click() {
        page.getByText("Add").click();
        sent++;
        // Playwright allows its own thread alone.
        await().pollInSameThread()
                .untilAsserted(() -> assertThat(answers())
                        .as("answers to %d clicks; %s", sent, state())
                        .isEqualTo(sent));
        String status = String.valueOf(page.evaluate("answers.at(-1)"));
        if (status.matches(UNKNOWN)) {
            unknown++;
        } else {
            assertThat(status).isEqualTo("200");
            confirmed++;
        }
        await().pollInSameThread()
                .untilAsserted(() -> assertThat(shown())
                        .as("%d clicks confirmed, %d of unknown outcome; %s", confirmed, unknown, state())
                        .isBetween(confirmed, confirmed + unknown));
    }

    private int answers() {
        return ((Number) page.evaluate("answers.length")).intValue();
    }

    private int shown() {
        return Integer.parseInt(page.locator("#shown").textContent());
    }

    /** Of its streams and last requests, for a failure. */
    private Object state() {
        return page.evaluate("""
                JSON.stringify({
                  streams: [...document.querySelectorAll('turbo-stream-source')].map(s => s.streamSource?.readyState),
                  message: document.getElementById('carillon-message').textContent,
                  now: performance.now(),
                  requests: performance.getEntriesByType('resource').slice(-8)
                    .map(r => [r.name, r.startTime, r.duration, r.responseStatus]),
                })
                """);
    }

    int confirmed() {
        return confirmed;
    }

    int unknown() {
        return unknown;
    }

    /** Checks that it was not loaded again, and has what its user has typed. */
    void check() {
        assertThat(note().inputValue()).isEqualTo(HALF);
        assertThat(page.evaluate("window.loaded")).isEqualTo("once");
    }
}
