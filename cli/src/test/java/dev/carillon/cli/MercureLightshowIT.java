package dev.carillon.cli;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static dev.carillon.cli.LightshowPages.button;
import static dev.carillon.cli.LightshowPages.picture;
import static dev.carillon.cli.LightshowPages.radio;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.Chromium;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The light show by the Mercure protocol alone, on the cluster that {@code up} starts, with the addresses that it prints. */
@Tag("full")
@Tag("process")
@Tag("chromium")
class MercureLightshowIT {
    private static final String BLUE = "rgb(0, 0, 255)";
    private static final String RED = "rgb(255, 0, 0)";

    /** For a phone: keeps all that its stream had. */
    private static final String RECORD = """
            window.seen = [];
            const Browsers = EventSource;
            window.EventSource = class extends Browsers {
              constructor(url) {
                super(url);
                this.addEventListener('message', update => seen.push(update.data));
              }
            };
            """;

    private static final String SEEN_SINCE_DARK = "() => seen.slice(seen.lastIndexOf('black') + 1)";

    /** So that the second would be there first, if nobody waited. */
    private static final String FIRST_REQUEST_IS_SLOW = """
            () => {
              const fast = window.fetch;
              window.fetch = async (...request) => {
                window.fetch = fast;
                await new Promise(resolve => setTimeout(resolve, 500));
                return fast(...request);
              };
            }
            """;

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

    @BeforeEach
    void dark() {
        assertThat(publish(stageToken(), "https://lightshow.example/everyone").statusCode())
                .isEqualTo(200);
    }

    @AfterEach
    void no_page_complained() {
        chromium.closePages();
        assertThat(chromium.consoleErrors()).isEmpty();
    }

    @Test
    void three_phones_on_three_nodes_turn_blue_when_the_stage_says_so() {
        List<Page> phones = IntStream.rangeClosed(1, UpProcess.NODES)
                .mapToObj(node -> phone(node, "A guest"))
                .toList();
        phones.forEach(phone -> assertThat(phone.locator("output")).hasText("black"));
        Page stage = stage();

        button(stage, "Blue").click();

        phones.forEach(phone -> assertThat(phone.locator("body")).hasCSS("background-color", BLUE));
        assertThat(stage.locator("output")).hasText("Sent: blue");
        assertThat(phones.getFirst().getByRole(AriaRole.STATUS)).hasText("blue");
    }

    @Test
    void one_group_is_lit_alone() {
        Page veteran = phone(1, "Here for 20 years");
        Page contributor = phone(2, "A contributor");
        Page stage = stage();
        radio(stage, "Contributors").check();
        button(stage, "Blue").click();
        assertThat(contributor.locator("body")).hasCSS("background-color", BLUE);
        radio(stage, "20 years").check();
        button(stage, "Red").click();

        assertThat(veteran.locator("body")).hasCSS("background-color", RED);
        assertThat(veteran.evaluate(SEEN_SINCE_DARK)).isEqualTo(List.of("red"));
        assertThat(contributor.evaluate(SEEN_SINCE_DARK)).isEqualTo(List.of("blue"));
    }

    @Test
    void every_button_is_called_what_the_phones_and_the_stage_say_of_its_colour() {
        Page stage = stage();
        Page phone = phone(1, "A guest");

        for (String colour : List.of("Red", "Orange", "Gold", "Lime", "Cyan", "Blue", "Violet", "White", "Black")) {
            String said = colour.toLowerCase(Locale.ROOT);
            button(stage, colour).click();
            assertThat(stage.locator("output")).hasText("Sent: " + said);
            assertThat(phone.locator("output")).hasText(said);
            assertThat(phone.evaluate("said => CSS.supports('color', said)", said))
                    .isEqualTo(true);
        }
        assertThat(stage.locator("[name=data]")).hasCount(9);
    }

    @Test
    void fast_clicks_keep_their_order() {
        Page stage = stage();
        stage.evaluate(FIRST_REQUEST_IS_SLOW);
        radio(stage, "Guests").check();

        stage.evaluate("() => ['red', 'blue'].forEach(light => document.querySelector(`[value=${light}]`).click())");

        assertThat(stage.locator("output")).hasText("Sent: blue");
        String all = "/.well-known/mercure?lastEventID=earliest&topic=https://lightshow.example/groups/guests";
        try (SseClient guests = SseClient.open(up.port() + 3, all)) {
            Awaitility.await().until(() -> guests.data().containsAll(List.of("red", "blue")));
            assertThat(guests.data()).endsWith("red", "blue");
        }
    }

    @Test
    void a_phone_that_comes_late_has_the_last_light() {
        Page stage = stage();
        button(stage, "Red").click();
        button(stage, "Blue").click();
        assertThat(stage.locator("output")).hasText("Sent: blue");

        assertThat(phone(3, "A guest").locator("body")).hasCSS("background-color", BLUE);
    }

    @Test
    void text_that_is_not_a_colour_changes_no_light() {
        Page stage = stage();
        Page phone = phone(1, "A guest");
        button(stage, "Red").click();
        assertThat(phone.locator("body")).hasCSS("background-color", RED);

        stage.evaluate("() => document.querySelector('[value=gold]').value = 'url(https://evil.test/x)'");
        button(stage, "Gold").click();

        assertThat(phone.locator("output")).hasText("url(https://evil.test/x)");
        assertThat(phone.locator("body")).hasCSS("background-color", RED);
        assertThat(phone.locator("body")).hasCSS("background-image", "none");
    }

    @Test
    void the_token_of_the_stage_is_for_the_light_show_alone() {
        String token = stageToken();

        assertThat(publish(token, "https://lightshow.example/groups/guests").statusCode())
                .isEqualTo(200);
        assertThat(publish(token, "https://example.com/books/1").statusCode()).isEqualTo(401);
        assertThat(publish(token, "https://lightshow.example/groups/a/b").statusCode())
                .isEqualTo(401);
        HttpResponse<String> broadcast = TestCluster.send(HttpRequest.newBuilder(URI.create(up.node(1) + "/broadcast"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"scope\":\"global\",\"data\":\"x\"}"))
                .build());
        assertThat(broadcast.statusCode()).isEqualTo(403);
    }

    @Test
    void stage_removes_the_token_from_the_address_and_shows_why_it_is_refused() {
        Page stage = stage();
        assertThat(stage.url()).endsWith("/lightshow/mercure/stage");
        stage.reload();
        button(stage, "Blue").click();
        assertThat(stage.locator("output")).hasText("Sent: blue");

        stage.evaluate("sessionStorage.clear()");
        button(stage, "Blue").click();
        assertThat(stage.locator("output"))
                .hasText("the token is malformed: it must have three parts in Base64url, separated by dots");
        // The browser itself writes a refused request as an error.
        assertThat(chromium.consoleErrors()).hasSize(1).allMatch(line -> line.contains("401"));
    }

    /** For people to look at: {@code target/lightshow-mercure-*.png}. */
    @Test
    void pictures() {
        Page phone = chromium.page(390, 844);
        phone.navigate(up.node(1) + "/lightshow/mercure");
        picture(phone, "mercure-asks");
        phone.getByText("A guest").click();
        Page stage = stage();
        Page small = chromium.page(390, 844);
        small.navigate(stageUrl());
        button(stage, "Blue").click();
        assertThat(phone.locator("body")).hasCSS("background-color", BLUE);
        picture(phone, "mercure-lit");
        picture(stage, "mercure-stage");
        picture(small, "mercure-stage-small");
    }

    private static Page phone(int node, String group) {
        Page phone = chromium.page(390, 844);
        phone.addInitScript(RECORD);
        phone.navigate(up.node(node) + "/lightshow/mercure");
        phone.getByText(group).click();
        assertThat(phone.locator("output")).isVisible();
        return phone;
    }

    private static Page stage() {
        Page stage = chromium.page(1280, 800);
        stage.navigate(stageUrl());
        assertThat(button(stage, "Blue")).isVisible();
        return stage;
    }

    private static String stageUrl() {
        return up.command()
                .awaitLine("  (http://\\S+/lightshow/mercure/stage#token=\\S+)")
                .group(1);
    }

    private static String stageToken() {
        return stageUrl().replaceFirst(".*#token=", "");
    }

    /** A dark light. */
    private static HttpResponse<String> publish(String token, String topic) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create(up.node(2) + "/.well-known/mercure"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("data=black&topic=" + topic))
                .build());
    }
}
