package dev.carillon.junit.pages;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.page.Upload;
import dev.carillon.page.UploadRule;
import dev.carillon.scope.Scope;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** An application for tests of the tests. */
final class Shop {
    private static final SessionValue<String> NAME = SessionValue.of("name", "");

    private Shop() {}

    enum Size {
        SMALL,
        LARGE
    }

    static App app() {
        return Carillon.app(AppOptions.defaults().actionsPerSecond(1_000))
                .script("confetti", Shop.class, "confetti.js")
                .page("/cart", Shop::cart)
                .page("/order", Shop::order)
                .page("/photo", Shop::photo)
                .page("/login", Shop::login)
                .page("/away", page -> {
                    Action leave = page.action("leave", () -> page.redirect("/cart"));
                    page.layout(views -> leave.button("To the cart"));
                })
                .group(
                        "/account",
                        group -> group.use((request, next) ->
                                        request.session(NAME).get().isEmpty()
                                                ? request.redirect("/login")
                                                : next.proceed())
                                .page(
                                        "/",
                                        page -> page.layout(views -> "<h1>"
                                                + Html.escape(page.session(NAME).get()) + "</h1>")));
    }

    private static void cart(Page page) {
        page.title("Cart");
        Signal<Integer> count = page.shared(page.user().orElse(page.session()), "count", 0);
        Signal<Integer> ticks = page.signal("ticks", 0);
        Action add = page.action("add", () -> count.update(n -> n + 1));
        Action refuse = page.action("refuse", () -> {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "sold out");
        });
        Action celebrate = page.action("celebrate", () -> page.script("confetti", count.get()));
        page.every(Duration.ofMinutes(1), () -> ticks.update(n -> n + 1));
        page.view("cart", () -> count.get() == 1 ? "1 article" : count.text() + " articles");
        page.view("ticks", ticks::text);
        page.layout(views -> views.view("cart")
                + views.view("ticks")
                + add.button("Add to the cart")
                + refuse.button("Refuse")
                + celebrate.button("Celebrate"));
    }

    private static void order(Page page) {
        Signal<String> name = page.input("name", "", SignalType.text(20));
        Signal<Boolean> gift = page.input("gift", false);
        Signal<Size> size = page.input("size", Size.SMALL);
        Signal<List<String>> log = page.shared(
                Scope.route("/order"),
                "log",
                List.of(),
                SignalType.of(
                        "must be lines",
                        lines -> String.join("\n", lines),
                        text -> text.isEmpty() ? List.of() : List.of(text.split("\n", -1))));
        Action order = page.action("order", () -> {
            log.update(lines -> {
                List<String> next = new java.util.ArrayList<>(lines);
                next.add(name.get() + " " + size.get() + " " + gift.get());
                return next;
            });
            page.append("seen", "<li>" + name.text() + "</li>");
            name.set("");
        });
        Action clear = page.action("clear", () -> page.remove("seen"));
        page.view(page.route(), "log", () -> Html.escape(String.join(", ", log.get())));
        page.view(
                "form",
                () -> "<input " + Page.field(name) + ">"
                        + "<input type=\"checkbox\" form=\"carillon\" name=\"gift\" value=\"true\""
                        + (gift.get() ? " checked" : "")
                        + "><select form=\"carillon\" name=\"size\"><option value=\"SMALL\""
                        + (size.get() == Size.SMALL ? " selected" : "")
                        + ">Small</option><option value=\"LARGE\"" + (size.get() == Size.LARGE ? " selected" : "")
                        + ">Large</option></select>"
                        + order.button("Order") + clear.button("Clear"));
        page.layout(views -> "<ul id=\"seen\"></ul>" + views.view("log") + views.view("form"));
    }

    private static void photo(Page page) {
        Upload photo = page.upload("photo", UploadRule.oneFile().maxBytes(1_000));
        Signal<String> seen = page.signal("seen", "");
        Action send = page.action(
                "send",
                () -> photo.file().ifPresent(file -> {
                    try (var in = file.open()) {
                        seen.set(file.name() + " " + new String(in.readAllBytes(), StandardCharsets.UTF_8));
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }));
        page.view("seen", seen::text);
        page.layout(views -> views.view("seen") + "<input " + photo.field() + ">" + send.uploadButton("Send"));
    }

    private static void login(Page page) {
        Signal<String> name = page.input("name", "");
        Action login = page.action("login", () -> {
            page.renewSession();
            page.session(NAME).set(name.get());
            page.redirect("/account");
        });
        page.layout(views -> "<input " + Page.field(name) + ">" + login.button("Sign in"));
    }
}
