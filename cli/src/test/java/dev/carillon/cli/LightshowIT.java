package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.cli.LightshowPages.answer;
import static dev.carillon.cli.LightshowPages.awaitColour;
import static dev.carillon.cli.LightshowPages.awaitKnown;
import static dev.carillon.cli.LightshowPages.button;
import static dev.carillon.cli.LightshowPages.node;
import static dev.carillon.cli.LightshowPages.painted;
import static dev.carillon.cli.LightshowPages.phone;
import static dev.carillon.cli.LightshowPages.picture;
import static dev.carillon.cli.LightshowPages.radio;
import static dev.carillon.cli.LightshowPages.seen;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ReducedMotion;
import dev.carillon.containers.Servers;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.Chromium;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The light show in a browser, on the cluster that {@code up} starts: the stage by the proxy, phones at nodes of the tests' choice. */
@Tag("process")
@Tag("chromium")
class LightshowIT {
    private static final String BLUE = "#1463ff";
    private static final String RED = "#ff1f3d";
    private static final String GREEN = "#00c853";
    private static final String DARK = "#000000";
    private static final int TRIES = 200;

    @SuppressWarnings("NullAway.Init")
    private static UpProcess up;

    @SuppressWarnings("NullAway.Init")
    private static Chromium chromium;

    @SuppressWarnings("NullAway.Init")
    private static String stageUrl;

    /** The nodes, for phones and for those who broadcast. */
    @SuppressWarnings("NullAway.Init")
    private static List<LightshowSite> sites;

    @BeforeAll
    static void start() {
        chromium = new Chromium();
        up = UpProcess.start("memory");
        stageUrl = up.command()
                .awaitLine("  (http://\\S+/lightshow/stage#token=\\S+)")
                .group(1);
        sites = IntStream.rangeClosed(1, UpProcess.NODES)
                .mapToObj(i -> new LightshowSite(up.node(i), up.token()))
                .toList();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        up.close();
    }

    @BeforeEach
    void dark() {
        sites.getFirst().allDark();
    }

    @AfterEach
    void no_page_complained() {
        chromium.closePages();
        // The browser's own word for a stream whose node was killed.
        assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("net::ERR_INCOMPLETE_CHUNKED_ENCODING"));
    }

    @Test
    void three_phones_on_three_nodes_turn_blue_when_the_stage_says_so() {
        List<Page> phones = sites.stream()
                .map(site -> phone(chromium, site, "Not yet", "1+"))
                .toList();
        Page stage = stage();

        button(stage, "Blue").click();

        phones.forEach(phone -> awaitColour(phone, BLUE));
        assertThat(stage.locator("#result")).hasText("Everyone: blue");
        assertThat(stage.locator("#hall td").filter(new Locator.FilterOptions().setHasText("Blue")))
                .hasCount(10);
        assertThat(stage.locator("#total")).hasText("3");
        assertThat(stage.locator("#nodes li")).hasText(new String[] {"n11", "n21", "n31"});
    }

    @Test
    @Tag("full")
    void only_the_contributor_lights_up_for_the_contributors() {
        Page contributor = phone(chromium, sites.get(0), "Yes", "5+");
        Page other = phone(chromium, sites.get(1), "Not yet", "20+");
        Page stage = stage();

        radio(stage, "Contributors").check();
        button(stage, "Red").click();

        awaitColour(contributor, RED);
        // Later in the order: when it is there, the light of before has passed this phone by.
        sites.get(2).light("years/20", GREEN);
        awaitColour(other, GREEN);
        assertThat(seen(other)).doesNotContain(RED);
        awaitColour(contributor, RED);
        assertThat(stage.locator("#hall td").filter(new Locator.FilterOptions().setHasText("Red")))
                .hasCount(4);
    }

    @Test
    @Tag("full")
    void all_dark_then_20_years_lit_never_ends_dark() {
        Page old = phone(chromium, sites.get(0), "Not yet", "20+");
        Page young = phone(chromium, sites.get(1), "Yes", "10+");
        List<String> forOld = new ArrayList<>(List.of(DARK));
        List<String> forYoung = new ArrayList<>(List.of(DARK));
        for (int i = 1; i <= TRIES; i++) {
            String all = "#%06x".formatted(0x400000 + i);
            String lit = "#%06x".formatted(0x004000 + i);
            sites.get(i % 3).light("everyone", all);
            sites.get((i + 1) % 3).light("everyone", DARK);
            sites.get((i + 2) % 3).light("years/20", lit);
            forOld.addAll(List.of(all, DARK, lit));
            forYoung.addAll(List.of(all, DARK));
            awaitKnown(old, lit);
        }

        Awaitility.await().until(() -> seen(young).size() == forYoung.size());
        assertThat(seen(old)).isEqualTo(forOld);
        assertThat(seen(young)).isEqualTo(forYoung);
        awaitColour(old, forOld.getLast());
        awaitColour(young, DARK);
    }

    @Test
    @Tag("full")
    void a_phone_that_comes_late_is_right_at_once() {
        LightshowSite site = sites.getFirst();
        site.light("everyone", BLUE);
        site.light("years/20", RED);
        awaitColour(phone(chromium, sites.get(1), "Not yet", "20+"), RED);
        awaitColour(phone(chromium, sites.get(2), "Not yet", "10+"), BLUE);

        site.light("everyone", GREEN);
        Page late = phone(chromium, sites.get(1), "Not yet", "20+");
        awaitColour(late, GREEN);
        assertThat(painted(late)).containsExactly(GREEN);
    }

    @Test
    @Tag("full")
    void a_count_down_is_shown_by_all_and_ends_with_the_light() {
        Page early = phone(chromium, sites.get(0), "Yes", "10+");
        Page stage = stage();
        stage.getByLabel("From").selectOption("10");
        stage.getByLabel("then").selectOption("green");
        button(stage, "Start").click();
        assertThat(early.locator("#count")).hasText(Pattern.compile("[1-7]"));

        // In the middle: it goes on with the next number, never from the top.
        Page late = phone(chromium, sites.get(1), "Yes", "10+");
        assertThat(late.locator("#count")).hasText(Pattern.compile("[1-7]"));

        awaitColour(early, GREEN);
        awaitColour(late, GREEN);
        assertThat(early.locator("#count")).isEmpty();
        assertThat(late.locator("#count")).isEmpty();
        assertThat(button(stage, "Start")).isVisible();
    }

    @Test
    @Tag("full")
    void the_stage_names_everyone_while_it_counts_down_whatever_was_lit_before() {
        Page stage = stage();
        radio(stage, "20+ years").check();
        button(stage, "Red").click();
        assertThat(stage.locator("#result")).hasText("20+ years: red");

        button(stage, "Start").click();
        assertThat(stage.locator("#result")).hasText("Everyone: count-down");
        button(stage, "Stop").click();
        assertThat(stage.locator("#result")).hasText("The count-down was stopped");
        assertThat(radio(stage, "20+ years")).isChecked();
    }

    @Test
    @Tag("full")
    void fast_clicks_keep_their_order() {
        Page phone = phone(chromium, sites.get(1), "Yes", "20+");
        Page stage = stage();

        stage.evaluate("() => { for (let i = 0; i < 4; i++) document.querySelectorAll('#palette button')"
                + ".forEach(button => button.click()); }");

        Awaitility.await().until(() -> seen(phone).size() == 1 + 32);
        List<String> lights = seen(phone).subList(1, 9);
        assertThat(lights).doesNotHaveDuplicates().startsWith(RED).endsWith("#ffffff");
        for (int i = 9; i <= 25; i += 8) {
            assertThat(seen(phone).subList(i, i + 8)).isEqualTo(lights);
        }
    }

    @Test
    @Tag("full")
    void the_stage_can_be_worked_by_keyboard() {
        Page phone = phone(chromium, sites.get(1), "Yes", "20+");
        Page stage = stage();

        stage.keyboard().press("Tab");
        assertThat(radio(stage, "Everyone")).isFocused();
        stage.keyboard().press("ArrowRight");
        assertThat(radio(stage, "Contributors")).isChecked();
        stage.keyboard().press("Tab");
        stage.keyboard().press("Tab");
        assertThat(button(stage, "Orange")).isFocused();
        assertThat(button(stage, "Orange")).hasCSS("outline-style", "solid");
        stage.keyboard().press("Shift+Tab");
        stage.keyboard().press("Enter");
        awaitColour(phone, RED);

        for (int i = 0; i < 8; i++) {
            stage.keyboard().press("Tab");
        }
        assertThat(button(stage, "Dark")).isFocused();
        stage.keyboard().press("Space");
        awaitColour(phone, DARK);
    }

    @Test
    void stage_removes_the_token_from_the_address_and_shows_what_is_wrong_with_it() {
        Page stage = stage();
        assertThat(stage.url()).endsWith("/lightshow/stage");
        stage.reload();
        assertThat(button(stage, "Dark")).isVisible();

        Page other = chromium.page(800, 600);
        other.navigate(sites.getFirst().url() + "/lightshow/stage");
        assertThat(button(other, "Dark")).isHidden();
        other.getByLabel("Token that grants").fill("forged");
        button(other, "Enter").click();
        assertThat(other.getByRole(AriaRole.ALERT)).hasText("This token is not valid here.");
        // The browser itself writes a refused request as an error.
        assertThat(chromium.consoleErrors()).hasSize(1).allMatch(line -> line.contains("401"));

        other.getByLabel("Token that grants").fill(sites.getFirst().token());
        other.keyboard().press("Enter");
        assertThat(button(other, "Dark")).isVisible();
    }

    @Test
    @Tag("full")
    void failed_broadcast_is_explained_and_changes_nothing_else() {
        Page stage = stage();
        radio(stage, "10+ years").check();
        stage.route(
                "**/broadcast",
                route -> route.fulfill(new com.microsoft.playwright.Route.FulfillOptions()
                        .setStatus(503)
                        .setContentType("application/problem+json")
                        .setBody("{\"code\":\"broker-unavailable\",\"detail\":\"x\"}")));

        button(stage, "Red").click();
        assertThat(stage.getByRole(AriaRole.STATUS).first())
                .hasText("The broker is unavailable. The light was not sent: try again.");
        assertThat(radio(stage, "10+ years")).isChecked();
        assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("503"));

        stage.unroute("**/broadcast");
        button(stage, "Red").click();
        assertThat(stage.getByRole(AriaRole.STATUS).first()).hasText("10+ years: red");
    }

    @Test
    @Tag("full")
    void screen_reader_finds_names_and_roles_and_reads_the_colour() {
        Page stage = stage();
        assertThat(stage.getByRole(AriaRole.HEADING, new Page.GetByRoleOptions().setName("Light show")))
                .isVisible();
        Locator who = stage.getByRole(
                AriaRole.GROUP, new Page.GetByRoleOptions().setName("Who").setExact(true));
        assertThat(who.getByRole(AriaRole.RADIO)).hasCount(6);
        assertThat(stage.getByRole(
                                AriaRole.GROUP,
                                new Page.GetByRoleOptions().setName("Light").setExact(true))
                        .getByRole(AriaRole.BUTTON))
                .hasCount(10);
        assertThat(stage.getByRole(AriaRole.TABLE, new Page.GetByRoleOptions().setName("The hall shows"))
                        .getByRole(AriaRole.ROWHEADER))
                .hasCount(5);
        Page asking = chromium.page(390, 844);
        asking.navigate(sites.getFirst().url() + "/lightshow");
        assertThat(asking.getByRole(AriaRole.GROUP, new Page.GetByRoleOptions().setName("Have you contributed?"))
                        .getByRole(AriaRole.RADIO))
                .hasCount(2);
        answer(asking, "Yes", "1+");
        button(stage, "Cyan").click();
        assertThat(asking.locator("[aria-live=polite]")).hasText("Your light: Cyan.");
    }

    @Tag("redis")
    @Test
    @Tag("full")
    void a_phone_whose_node_is_killed_is_lit_by_another() {
        try (TestServer redis = Servers.redis();
                UpProcess cluster = UpProcess.start(redis.address())) {
            LightshowSite site = new LightshowSite("http://127.0.0.1:" + cluster.port(), cluster.token());
            site.light("everyone", BLUE);
            Page phone = phone(chromium, site, "Yes", "20+");
            awaitColour(phone, BLUE);
            String node = node(phone);

            ProcessHandle process = cluster.member(Integer.parseInt(node.substring(1)));
            process.destroyForcibly();
            Awaitility.await().until(() -> !process.isAlive());
            site.light("everyone", GREEN);

            awaitColour(phone, GREEN);
            assertThat(node(phone)).isNotEqualTo(node);
            // The browser itself writes a stream that was cut off as an error.
            assertThat(chromium.consoleErrors()).allMatch(line -> line.contains("net::ERR_"));
        }
    }

    /** For people to look at: {@code target/lightshow-*.png}. */
    @Test
    @Tag("full")
    void pictures_of_both_pages() {
        Page phone = chromium.page(390, 844);
        phone.navigate(sites.getFirst().url() + "/lightshow");
        picture(phone, "phone-asks");
        answer(phone, "Yes", "20+");
        sites.getFirst().light("everyone", BLUE);
        sites.getFirst().light("years/5", "#ff8a00");
        sites.getFirst().light("contributors", GREEN);
        sites.getFirst().light("years/20", "#ffe01a");
        awaitColour(phone, "#ffe01a");
        Page still = chromium.page(
                new Browser.NewContextOptions().setViewportSize(390, 844).setReducedMotion(ReducedMotion.REDUCE));
        still.navigate(sites.get(1).url() + "/lightshow");
        answer(still, "Not yet", "Less than 1");
        awaitColour(still, BLUE);
        picture(still, "phone-lit");
        Page stage = stage(1920, 1080);
        Page small = stage(390, 844);
        assertThat(stage.locator("#total")).hasText("2");
        button(stage, "Start").click();
        assertThat(still.locator("#count")).hasText(Pattern.compile("[1-9]"));
        picture(still, "phone-counts");
        assertThat(small.locator("#hall td").first()).hasText("Yellow");
        Pictures.document(stage, "lightshow-stage");
        picture(small, "stage-small");
        button(stage, "Stop").click();
        assertThat(still.locator("#count")).isEmpty();
    }

    private static Page stage() {
        return stage(1280, 720);
    }

    private static Page stage(int width, int height) {
        Page stage = chromium.page(width, height);
        stage.navigate(stageUrl);
        assertThat(button(stage, "Dark")).isVisible();
        return stage;
    }
}
