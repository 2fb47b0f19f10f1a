package dev.carillon.examples.pages;

import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.function.Function;

/** The list of the examples. Its pictures are live: a page may show the shared signals of another one. */
final class Index {
    private static final String SIGNS_IN = icon("M4 28h24M20 18l10 10-10 10M24 12V6h32v44H24v-6");
    private static final String SENDS = icon("M32 40V10M20 21l12-12 12 12M10 34v12h44V34");

    private Index() {}

    static void page(Page page) {
        page.title("Live pages");
        Signal<Integer> count = page.shared(Scope.route("/counter"), "count", 0);
        Signal<List<Chat.Message>> messages = Chat.messages(page, Chat.Room.LOBBY);
        Signal<List<Board.Note>> notes = Board.notes(page);
        Function<Poll.Choice, Signal<Integer>> votes = Poll.votes(page);
        Signal<Ticker.Market> market = Ticker.market(page);
        Signal<List<ToDo.Task>> tasks = ToDo.tasks(page);

        page.view(page.route(), "counter", () -> "<output>" + count.text() + "</output>");
        page.view(page.route(), "chat", () -> lastMessage(messages.get()));
        page.view(page.route(), "board", () -> Board.picture(notes.get()));
        page.view(page.route(), "poll", Poll.bars(votes));
        page.view(
                page.route(), "ticker", () -> Ticker.line(market.get().prices().getFirst()));
        page.view(page.session(), "todo", () -> "<output>" + ToDo.summary(tasks.get()) + "</output>");
        page.layout(views -> "<main class=\"broad\"><h1>Live pages</h1>"
                + "<p class=\"lead\">Pages written in Java, without a line of JavaScript. What one tab changes, the others "
                + "show, on every node of the cluster. These pictures are live, too: open an example in a second window "
                + "and watch.</p><ul class=\"cards\">"
                + card("counter", "Counter", "One count for everybody, one step for each tab.", views.view("counter"))
                + card("chat/lobby", "Chat", "Rooms in the path, messages by topic.", views.view("chat"))
                + card("board", "Board", "Notes that everybody moves and edits.", views.view("board"))
                + card("poll", "Poll", "One vote for each browser, bars that grow.", views.view("poll"))
                + card("ticker", "Stock ticker", "The server pushes, without a click.", views.view("ticker"))
                + card("todo", "To-do list", "All tabs of your browser, and no one else's.", views.view("todo"))
                + card("login", "Sign in", "A session that is renewed, pages that are guarded.", SIGNS_IN)
                + card("files", "Upload", "Files with a progress bar, and their checksums.", SENDS)
                + "</ul></main>");
    }

    private static String card(String path, String title, String text, String picture) {
        return "<li><h2><a href=\"" + Examples.BASE + "/" + path + "\">" + title + "</a></h2><p>" + text
                + "</p><div class=\"picture\">" + picture + "</div></li>";
    }

    private static String lastMessage(List<Chat.Message> messages) {
        if (messages.isEmpty()) {
            return "<p class=\"quiet\">The lobby is quiet.</p>";
        }
        Chat.Message last = messages.getFirst();
        return "<blockquote><b>" + Html.escape(last.name()) + "</b> " + Html.escape(last.text()) + "</blockquote>";
    }

    private static String icon(String path) {
        return "<svg class=\"icon\" viewBox=\"0 0 64 56\" aria-hidden=\"true\"><path d=\"" + path + "\"/></svg>";
    }
}
