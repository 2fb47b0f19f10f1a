package dev.carillon.junit.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tabs without a browser, and the code of docs/testing.md. */
class TestPagesIT {
    private static final Path SOURCE = Path.of("src/test/java/dev/carillon/junit/pages/TestPagesIT.java");

    @RegisterExtension
    static final TestPages pages = TestPages.of(Shop::app).nodes(2).build();

    @Test
    void cart_shows_what_was_added_in_all_tabs_of_the_user() {
        TestTab phone = pages.user("ann").open("/cart");
        TestTab desk = pages.user("ann").open("/cart");
        TestTab other = pages.user("bob").open("/cart");

        phone.click("Add to the cart");

        desk.view("cart").hasText("1 article");
        phone.view("cart").hasText("1 article");
        other.click("Add to the cart").act("add");
        other.view("cart").hasText("2 articles");
        assertThat(desk.view("cart").text()).isEqualTo("1 article");
    }

    @Test
    void order_is_taken_from_the_form() {
        TestTab tab = pages.browser().open("/order");

        tab.fill("name", "Eve").fill("gift", "true").fill("size", "LARGE").click("Order");

        tab.view("log").containsText("Eve LARGE true");
        tab.field("name").hasValue("");
    }

    @Test
    void page_goes_on_at_another_node() {
        TestTab tab = pages.browser().open("/cart", 0);
        tab.click("Add to the cart").disconnect();

        tab.connect(1).click("Add to the cart");

        tab.view("cart").hasText("2 articles");
    }

    @Test
    void timer_follows_the_clock() {
        TestTab tab = pages.browser().open("/cart");

        pages.clock().advance(Duration.ofMinutes(1));
        tab.view("ticks").hasText("1");
        pages.clock().advance(Duration.ofMinutes(1));
        tab.view("ticks").hasText("2");
    }

    @Test
    void refusal_is_shown_and_goes_away_with_the_next_action() {
        TestTab tab = pages.browser().open("/cart");

        tab.click("Refuse");

        tab.message().hasText("sold out");
        tab.click("Add to the cart").message().hasText("");
    }

    @Test
    void patches_are_applied_to_the_document() {
        TestTab tab = pages.browser().open("/order").clearPatches();

        tab.fill("name", "A & <b>").act("order");

        tab.find("#seen li").hasText("A & <b>");
        tab.view("log").containsText("A & <b>");
        assertThat(tab.patches()).extracting(TabPatch::action).contains("append", "update");
        tab.click("Clear").find("#seen").isAbsent();
    }

    @Test
    void script_is_recorded_with_its_arguments() {
        TestTab tab = pages.user("cleo").open("/cart");

        tab.click("Add to the cart").click("Celebrate");

        tab.awaitScript("confetti [1]");
    }

    @Test
    void file_is_sent_with_its_name() {
        TestTab tab = pages.browser().open("/photo");

        tab.choose("photo", "söme.txt", "text/plain", "hello".getBytes(StandardCharsets.UTF_8))
                .click("Send");

        tab.view("seen").hasText("söme.txt hello");
    }

    @Test
    void redirects_lead_to_another_page_and_sessions_belong_to_browsers() {
        TestBrowser browser = pages.browser();
        TestTab tab = browser.open("/account");
        assertThat(tab.location()).isEqualTo("/login");

        tab.fill("name", "Ann").click("Sign in");

        assertThat(tab.location()).isEqualTo("/account");
        tab.find("h1").hasText("Ann");
        browser.open("/account").find("h1").hasText("Ann");
        assertThat(pages.browser().open("/account").location()).isEqualTo("/login");
    }

    @Test
    void failures_name_what_the_page_has() {
        TestTab tab = pages.browser().open("/order");

        assertThatThrownBy(() -> tab.click("Buy"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("button \"Buy\": must be one button that is enabled, not 0")
                .hasMessageContaining("\"Order\", \"Clear\"");
        assertThatThrownBy(() -> tab.fill("nane", "x"))
                .hasMessageContaining("but [_context, _page, _id, name, gift, size]");
        assertThatThrownBy(() -> tab.fill("size", "HUGE"))
                .hasMessageContaining("has no option \"HUGE\", but \"SMALL\"");
        assertThatThrownBy(() -> tab.view("log").within(Duration.ofMillis(1)).hasText("none"))
                .hasMessageContaining("view log: expected text \"none\" within 1 ms, but there was <");
        assertThatThrownBy(() -> tab.view("lug").text()).hasMessageContaining("view lug: there is no such element");
        assertThatThrownBy(() -> pages.browser().open("/unknown")).hasMessageContaining("is no live page but 404");
        assertThat(pages.browser().get("/unknown").statusCode()).isEqualTo(404);
    }

    @Test
    void code_of_the_page_is_that_of_tests() throws Exception {
        String source = words(Files.readString(SOURCE));
        String page = Files.readString(Path.of("../docs/testing.md"));

        List<String> blocks = Pattern.compile("(?s)```java\\n(.*?)```")
                .matcher(page.substring(page.indexOf("## Live pages")))
                .results()
                .map(block -> words(block.group(1)))
                .toList();

        assertThat(blocks).isNotEmpty().allSatisfy(block -> assertThat(source).contains(block));
    }

    /** Without what the format of the source adds: indentation and line breaks. */
    private static String words(String code) {
        return code.replaceAll("\\s+", "");
    }
}
