package dev.carillon.examples.pages;

import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.function.Function;

/** The list of the examples. Its pictures are live: a page may show the shared signals of another one. */
final class Index {
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
        page.view(page.route(), "poll", () -> Poll.bars(votes));
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
                + card("ticker", "Stock ticker", "The server pushes; nobody clicks.", views.view("ticker"))
                + card("todo", "To-do list", "All tabs of your browser, and no one else's.", views.view("todo"))
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
}
