package dev.carillon.examples.pages;

import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The list of the examples. Its pictures are live: a page may show the shared signals of another one. */
final class Index {
    private static final String SIGNS_IN = icon("M4 28h24M20 18l10 10-10 10M24 12V6h32v44H24v-6");
    private static final String FINDS = icon("M42 42l14 10M26 8a18 18 0 1 0 .1 0z");
    private static final String CARRIES = icon("M4 8h10l8 28h28l6-20H16M26 46h.1M44 46h.1");
    private static final String STEPS = icon("M4 48h18V34h18V20h20");
    private static final String PAINTS = icon("M10 46c8 0 10-4 10-10l26-28 6 6-28 26c0 10-8 10-14 6z");
    private static final String REPEATS = icon("M6 8h20v16H6zM38 8h20v16H38zM22 34h20v16H22z");
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
        Signal<Map<String, String>> cells = Sheet.cells(page);
        Signal<Life.World> world = Life.world(page);
        Signal<List<Race.Runner>> runners = Race.runners(page);
        Signal<Auction.Lot> lot = Auction.lot(page);
        Signal<List<Monitor.Tab>> tabs = Monitor.tabs(page);

        page.view(page.route(), "counter", () -> "<output>" + count.text() + "</output>");
        page.view(page.route(), "chat", () -> lastMessage(messages.get()));
        page.view(page.route(), "board", () -> Board.picture(notes.get()));
        page.view(page.route(), "poll", Poll.bars(votes));
        page.view(
                page.route(), "ticker", () -> Ticker.line(market.get().prices().getFirst()));
        page.view(page.session(), "todo", () -> "<output>" + ToDo.summary(tasks.get()) + "</output>");
        page.view(
                page.route(), "sheet", () -> "<output>" + Html.escape(Formula.value(cells.get(), "D4")) + "</output>");
        page.view(page.route(), "life", () -> Life.picture(world.get()));
        page.view(page.route(), "race", () -> Race.bars(runners.get()));
        page.view(page.route(), "auction", () -> "<output>" + lot.get().highest() + "</output>");
        page.view(page.route(), "monitor", () -> "<output>" + tabs.get().size() + "</output>");
        page.layout(views -> "<main class=\"broad\"><h1>Live pages</h1>"
                + "<p class=\"lead\">Pages written in Java, without a line of JavaScript. What one tab changes, the others "
                + "show, on every node of the cluster. These pictures are live, too: open an example in a second window "
                + "and watch.</p><ul class=\"cards\">"
                + card(
                        "counter",
                        "Counter",
                        "Counter",
                        "One count for everybody, one step for each tab.",
                        views.view("counter"))
                + card("chat/lobby", "Chat", "Chat", "Rooms in the path, messages by topic.", views.view("chat"))
                + card("board", "Board", "Board", "Notes that everybody moves and edits.", views.view("board"))
                + card("poll", "Poll", "Poll", "One vote for each browser, bars that grow.", views.view("poll"))
                + card("ticker", "Ticker", "Stock ticker", "The server pushes, without a click.", views.view("ticker"))
                + card("todo", "ToDo", "To-do list", "All tabs of your browser, and no one else's.", views.view("todo"))
                + card(
                        "sheet",
                        "Sheet",
                        "Spreadsheet",
                        "Formulas; only cells that change are sent.",
                        views.view("sheet"))
                + card("life", "Life", "Game of Life", "One world, two generations a second.", views.view("life"))
                + card("race", "Race", "Typing race", "Others see each key that you hit.", views.view("race"))
                + card("auction", "Auction", "Auction", "Of two equal bids one counts.", views.view("auction"))
                + card("monitor", "Monitor", "Client monitor", "Who is here, on which node.", views.view("monitor"))
                + card("search", "Search", "Live search", "The list follows what you type.", FINDS)
                + card("shop", "Cart", "Shop", "A cart of the browser, a stock of everybody.", CARRIES)
                + card("wizard", "Wizard", "Wizard", "A form in steps that survives its node.", STEPS)
                + card("theme", "Theme", "Theme builder", "A preview, and a cookie that keeps it.", PAINTS)
                + card("components", "Parts", "Components", "One part three times, in three scopes.", REPEATS)
                + card("login", "Login", "Sign in", "A session that is renewed, pages that are guarded.", SIGNS_IN)
                + card("files", "Files", "Upload", "Files with a progress bar, and their checksums.", SENDS)
                + "</ul></main>");
    }

    /** @param source name of its class */
    private static String card(String path, String source, String title, String text, String picture) {
        String url = Examples.BASE + "/" + path;
        return "<li><h2><a href=\"" + url + "\">" + title + "</a></h2><p>" + text + "</p><div class=\"picture\">"
                + picture
                + "</div><p class=\"more\"><a href=\"" + url
                + "\" target=\"_blank\" rel=\"noopener\" aria-label=\"Open twice: " + title
                + "\">Open twice</a> <a href=\"" + Examples.BASE + "/source/" + source + "\" aria-label=\"Source: "
                + title + "\">Source</a></p></li>";
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
