package dev.carillon.junit.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.PageRenderer;
import dev.carillon.page.Signal;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Tabs without a browser, of pages with Datastar. */
class DatastarTabIT {
    enum Size {
        SMALL,
        LARGE
    }

    @RegisterExtension
    static final TestPages pages = TestPages.of(DatastarTabIT::app).nodes(2).build();

    private static App app() {
        return Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
                .datastar("/datastar.js")
                .script("confetti", Shop.class, "confetti.js")
                .page("/order", DatastarTabIT::order)
                .page("/parts", page -> page.component("cart", DatastarTabIT::order))
                .page("/photo", DatastarTabIT::photo)
                .page("/turbo", PageRenderer.turbo(), page -> page.view("it", () -> "Turbo"));
    }

    private static void order(Page page) {
        Signal<String> name = page.input("name", "");
        Signal<Integer> number = page.input("number", 1);
        Signal<Boolean> gift = page.input("gift", false);
        Signal<Size> size = page.input("size", Size.SMALL);
        Signal<String> log = page.shared(page.route(), "log", "");
        Action order = page.action("order", () -> {
            log.set(name.get() + " " + number.get() + " " + gift.get() + " " + size.get());
            page.append("seen", "<li>" + name.text() + "</li>");
            page.prepend("seen", "<li>" + number.text() + "</li>");
            name.set("");
        });
        Action refuse = page.action("refuse", () -> {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "sold out");
        });
        Action search = page.action("search", () -> log.set("found " + name.get()));
        Action leave = page.action("leave", () -> page.redirect("/turbo"));
        Action celebrate = page.action("celebrate", () -> page.script("confetti", number.get(), "a \"b\""));
        Action clear = page.action("clear", () -> page.remove("seen"));
        page.view(page.route(), "log", () -> Html.escape(log.get()));
        page.view(
                "form",
                () -> "<input " + Page.field(name) + " " + search.onInput() + "><input type=\"number\" "
                        + Page.field(number) + "><input type=\"checkbox\" " + Page.field(gift) + "><select "
                        + Page.field(size)
                        + "><option value=\"SMALL\">Small</option><option value=\"LARGE\">Large</option></select>"
                        + order.button("Order") + refuse.button("Refuse") + leave.button("Leave")
                        + celebrate.button("Celebrate") + clear.button("Clear"));
        page.layout(views -> "<ul id=\"seen\"></ul>" + views.all());
    }

    private static void photo(Page page) {
        Upload photo = page.upload("photo", UploadRule.oneFile().maxBytes(1_000));
        Signal<String> title = page.input("title", "");
        Signal<String> seen = page.signal("seen", "");
        Action send = page.action(
                "send",
                () -> photo.file().ifPresent(file -> seen.set(title.get() + " " + file.name() + " " + file.bytes())));
        page.view("seen", seen::text);
        page.layout(views -> views.view("seen") + "<input " + Page.field(title) + "><input " + photo.field() + ">"
                + send.uploadButton("Send"));
    }

    @Test
    void signals_have_the_values_of_their_fields_and_the_types_of_the_page() {
        TestTab tab = pages.browser().open("/order");
        tab.field("number").hasValue("1");
        tab.field("size").hasValue("SMALL");

        tab.fill("name", "Eve \"<b>\"")
                .fill("number", "7")
                .fill("gift", "true")
                .fill("size", "LARGE")
                .click("Order");

        tab.view("log").hasText("Eve \"<b>\" 7 true LARGE");
        tab.find("#seen li:last-child").hasText("Eve \"<b>\"");
        tab.find("#seen li:first-child").hasText("7");
        // What the action has set, and what the user has.
        tab.field("name").hasValue("");
        tab.field("number").hasValue("7");
        tab.click("Clear").find("#seen").isAbsent();
        assertThat(tab.patches()).extracting(TabPatch::action).contains("append", "prepend", "update", "remove");
    }

    @Test
    void signals_of_components_are_nested() {
        TestTab tab = pages.browser().open("/parts");

        tab.fill("cart.number", "3").fill("cart.name", "Ann").act("cart.order");

        tab.view("cart.log").hasText("Ann 3 false SMALL");
        tab.field("cart.name").hasValue("");
    }

    @Test
    void tab_types_celebrates_and_goes_on_at_another_node() {
        TestTab tab = pages.browser().open("/order", 0);

        tab.type("name", "bells").view("log").hasText("found bells");
        tab.fill("number", "2").click("Celebrate").awaitScript("confetti [2,\"a \\\"b\\\"\"]");
        tab.disconnect().connect(1).fill("name", "Ann").click("Order");

        tab.view("log").hasText("Ann 2 false SMALL");
    }

    @Test
    void refusals_are_shown_and_redirects_lead_to_another_page() {
        TestTab tab = pages.browser().open("/order");

        tab.click("Refuse").message().hasText("sold out");
        tab.fill("number", "1.5").click("Order").message().containsText("number");
        tab.fill("number", "1").click("Order").message().hasText("");
        assertThatThrownBy(() -> tab.click("Buy"))
                .hasMessageContaining("\"Order\", \"Refuse\", \"Leave\", \"Celebrate\", \"Clear\"");
        tab.click("Leave");

        assertThat(tab.location()).isEqualTo("/turbo");
        tab.view("it").hasText("Turbo");
    }

    @Test
    void file_is_sent_with_the_fields_of_the_form() {
        TestTab tab = pages.browser().open("/photo");

        tab.fill("title", "Bells")
                .choose("photo", "söme.txt", "text/plain", "hello".getBytes(StandardCharsets.UTF_8))
                .click("Send");

        tab.view("seen").hasText("Bells söme.txt 5");
    }
}
