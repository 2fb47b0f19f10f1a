package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.cli.LightshowPages.answer;
import static dev.carillon.cli.LightshowPages.awaitColour;
import static dev.carillon.cli.LightshowPages.button;
import static dev.carillon.cli.LightshowPages.painted;
import static dev.carillon.cli.LightshowPages.phone;
import static dev.carillon.cli.LightshowPages.picture;
import static dev.carillon.cli.LightshowPages.radio;
import static dev.carillon.cli.LightshowPages.seen;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import dev.carillon.examples.lightshow.Lightshow;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One phone in a browser, and the one node that it is connected to, or a stream that the test plays. */
@Tag("process")
@Tag("chromium")
class LightshowPhoneIT {
    private static final String BLUE = "#1463ff";
    private static final String RED = "#ff1f3d";
    private static final String GREEN = "#00c853";
    private static final String DARK = "#000000";

    /** Replaces the EventSource of the browser, so that the test sends the events. */
    private static final String PLAYED_STREAM = """
            window.streams = [];
            window.EventSource = class extends EventTarget {
              static CLOSED = 2;
              readyState = 0;
              constructor() {
                super();
                streams.push(this);
              }
              close() {
                this.readyState = 2;
              }
              tell(type, data) {
                this.readyState = 1;
                this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
              }
              fail(readyState) {
                this.readyState = readyState;
                this.onerror();
              }
            };
            """;

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @SuppressWarnings("NullAway.Init")
    private static LightshowSite site;

    @BeforeAll
    static void start() {
        chromium = new Chromium();
        cluster = new TestCluster("memory://lightshow-phone", 1, Map.of(), new Lightshow());
        site = new LightshowSite("http://127.0.0.1:" + cluster.node(0).port(), TestCluster.token());
    }

    @AfterAll
    static void stop() {
        chromium.close();
        cluster.close();
    }

    @BeforeEach
    void dark() {
        site.allDark();
    }

    @AfterEach
    void no_page_complained() {
        chromium.closePages();
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    @Tag("full")
    void other_answers_are_other_groups_and_their_light() {
        site.forget("everyone");
        site.light("years/20", RED);
        Page phone = phone(chromium, site, "Not yet", "20+");
        awaitColour(phone, RED);

        button(phone, "Change my answers").click();
        assertThat(radio(phone, "20+")).isChecked();
        answer(phone, "Not yet", "Less than 1");

        awaitColour(phone, DARK);
    }

    @Test
    @Tag("full")
    void a_phone_asks_once() {
        Page phone = phone(chromium, site, "Yes", "10+");

        phone.reload();

        assertThat(button(phone, "Change my answers")).isVisible();
        assertThat(button(phone, "Light up")).isHidden();
        site.light("years/10", GREEN);
        awaitColour(phone, GREEN);
    }

    @Test
    void phone_accepts_only_a_colour() {
        Page phone = phone(chromium, site, "Yes", "10+");
        site.light("everyone", BLUE);
        for (String bad : List.of("red", "#12345", "url(/x)", "#1234567", "#ff0000;x")) {
            site.light("everyone", bad);
        }
        site.send("everyone", "light", "no JSON", false);
        site.send("everyone", "light", "null", false);
        site.light("years/1", GREEN);

        awaitColour(phone, GREEN);
        assertThat(seen(phone)).containsExactly(DARK, BLUE, GREEN);
    }

    @Test
    @Tag("full")
    void a_phone_never_changes_more_than_three_times_a_second() {
        Page phone = phone(chromium, site, "Yes", "10+");
        phone.evaluate("() => { window.times = []; new MutationObserver(() => times.push(performance.now()))"
                + ".observe(document.documentElement, { attributeFilter: ['style'] }); }");
        for (int i = 0; i < 60; i++) {
            site.light("everyone", i % 2 == 0 ? RED : DARK);
        }
        site.light("everyone", GREEN);

        awaitColour(phone, GREEN);
        Object shortest = phone.evaluate(
                "() => times.slice(1).map((time, i) => time - times[i]).reduce((a, b) => Math.min(a, b), Infinity)");
        assertThat(((Number) shortest).doubleValue()).isGreaterThan(330);
    }

    @Test
    @Tag("full")
    void lights_of_before_are_not_shown_again_when_a_stream_begins_anew() {
        Page phone = played();
        for (int i = 0; i < 2; i++) {
            phone.evaluate("""
                    ([before, last]) => new Promise(resolve => {
                      streams[0].tell('carillon.open', { node: 'n1' });
                      streams[0].tell('light', { color: before });
                      setTimeout(() => resolve(streams[0].tell('light', { color: last })), 60);
                    })
                    """, List.of(RED, GREEN));
            awaitColour(phone, GREEN);
        }

        assertThat(seen(phone)).containsExactly(RED, GREEN, RED, GREEN);
        assertThat(painted(phone)).containsExactly(GREEN);
    }

    @Test
    void a_stream_that_was_refused_for_good_is_tried_again_with_growing_delay() {
        Page phone = playedWithClock();
        for (int wait : List.of(1_000, 2_000, 4_000, 8_000, 15_000, 15_000)) {
            int before = streams(phone);
            phone.evaluate("() => streams.at(-1).fail(2)");
            phone.clock().runFor(wait / 2 - 1);
            assertThat(streams(phone)).isEqualTo(before);
            phone.clock().runFor(wait / 2 + 1);
            assertThat(streams(phone)).isEqualTo(before + 1);
        }
        assertThat(phone.locator("#lost")).isVisible();

        phone.evaluate("() => streams.at(-1).tell('carillon.open', {})");
        assertThat(phone.locator("#lost")).isHidden();
        phone.evaluate("() => streams.at(-1).fail(2)");
        phone.clock().runFor(1_000);
        assertThat(streams(phone)).isEqualTo(8);
    }

    @Test
    void phone_that_wakes_up_opens_a_new_stream_only_after_a_long_silence() {
        Page phone = playedWithClock();
        phone.evaluate("() => streams[0].tell('carillon.open', {})");

        phone.clock().fastForward(39_000);
        wake(phone);
        assertThat(streams(phone)).isEqualTo(1);

        phone.clock().fastForward(2_000);
        wake(phone);
        assertThat(streams(phone)).isEqualTo(2);
        assertThat(phone.evaluate("() => streams[0].readyState")).isEqualTo(2);
    }

    @Test
    void a_phone_says_that_it_waits_for_the_first_light_and_that_it_lost_the_connection() {
        Page phone = playedWithClock();
        phone.evaluate("() => streams[0].tell('carillon.open', {})");
        phone.clock().runFor(2_000);
        assertThat(phone.locator("#waiting")).isVisible();
        phone.evaluate("() => streams[0].fail(0)");
        assertThat(phone.locator("#lost")).isHidden();

        // Not before the browser had the time to come back by itself.
        phone.clock().runFor(2_000);
        assertThat(phone.locator("#lost")).isVisible();
        picture(phone, "phone-waits");

        phone.evaluate(
                "() => { streams[0].tell('carillon.open', {}); streams[0].tell('light', { color: '#ffffff' }); }");
        phone.clock().runFor(2_000);
        assertThat(phone.locator("#lost")).isHidden();
        assertThat(phone.locator("#waiting")).isHidden();
        awaitColour(phone, "#ffffff");
    }

    private static Page played() {
        return played(chromium.page(390, 844));
    }

    /** Time passes when the test says so. */
    private static Page playedWithClock() {
        Page page = chromium.page(390, 844);
        page.clock().install();
        return played(page);
    }

    private static Page played(Page page) {
        page.addInitScript(LightshowSite.RECORD);
        page.addInitScript(PLAYED_STREAM);
        page.navigate(site.url() + "/lightshow");
        answer(page, "Yes", "20+");
        return page;
    }

    private static int streams(Page page) {
        return ((Number) page.evaluate("() => streams.length")).intValue();
    }

    private static void wake(Page page) {
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))");
        page.clock().runFor(10);
    }
}
