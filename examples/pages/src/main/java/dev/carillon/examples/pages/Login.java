package dev.carillon.examples.pages;

import dev.carillon.app.PageGroup;
import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Signing in: the session has the name of the user, on all nodes, and middleware guards the pages of a group. */
final class Login {
    private static final SessionValue<String> USER = SessionValue.of("user", "");
    /** An application asks its users for passwords of their own, and keeps hashes of them. */
    private static final byte[] PASSWORD = "ding dong".getBytes(StandardCharsets.UTF_8);

    private Login() {}

    static void page(Page page) {
        page.title("Sign in");
        Signal<String> name = page.input("name", "", SignalType.text(40));
        Signal<String> password = page.input("password", "", SignalType.text(100));
        Signal<Boolean> refused = page.signal("refused", false);
        Action signIn = page.action("sign-in", () -> {
            byte[] given = password.get().getBytes(StandardCharsets.UTF_8);
            password.set("");
            if (name.get().isBlank() || !MessageDigest.isEqual(given, PASSWORD)) {
                refused.set(true);
                return;
            }
            page.session(USER).set(name.get());
            page.renewSession(); // a cookie that someone else knew before is worth nothing now
            page.redirect("/account");
        });

        page.view(
                "form",
                () -> (refused.get() ? "<p role=\"alert\">Name or password is wrong.</p>" : "")
                        + "<label class=\"wide\">Name <input autocomplete=\"username\" " + Page.field(name)
                        + "></label><label class=\"wide\">Password <input type=\"password\" autocomplete=\"current-password\" "
                        + Page.field(password) + "></label>" + signIn.button("Sign in"));
        page.layout(
                views -> "<main><h1>Sign in</h1>" + views.view("form")
                        + "<p>Take any name; the password is <b>ding dong</b>. The account is at a path that only users who signed in can see.</p></main>");
    }

    /** The pages below {@code /account}. */
    static void account(PageGroup group) {
        group.use((request, next) ->
                        request.session(USER).get().isEmpty() ? request.redirect("/login") : next.proceed())
                .page("/", Login::account);
    }

    private static void account(Page page) {
        String user = page.session(USER).get();
        page.title("Account");
        Action signOut = page.action("sign-out", () -> {
            page.session(USER).clear();
            page.renewSession();
            page.redirect("/login");
        });
        page.layout(views ->
                "<main><h1>Welcome, " + Html.escape(user) + "</h1><p>Only you see this page. Other tabs of this "
                        + "browser are signed in, too, on every node.</p>" + signOut.button("Sign out") + "</main>");
    }
}
