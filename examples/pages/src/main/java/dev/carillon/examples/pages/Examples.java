package dev.carillon.examples.pages;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;

/** All examples, below {@code /examples}, with a page that lists them. */
public final class Examples implements Extension {
    static final String BASE = "/examples";

    @Override
    public AutoCloseable start(ExtensionContext node) {
        node.startPageLink(BASE, "Examples of live pages");
        return app(node.nodeId()).start(node);
    }

    private static App app(String node) {
        return Carillon.app(AppOptions.defaults().basePath(BASE))
                .head("<link rel=\"stylesheet\" href=\"" + BASE + "/examples.css\">")
                .foot(links -> "<nav><a href=\"" + links.url("/") + "\">All examples</a></nav>")
                .file("/examples.css", Examples.class, "examples.css")
                .page("/", Index::page)
                .page("/source/{name}", Source::page)
                .page("/counter", Counter::page)
                .page("/chat/{room}", Chat::page)
                .page("/board", Board::page)
                .page("/poll", Poll::page)
                .page("/ticker", Ticker::page)
                .page("/todo", ToDo::page)
                .page("/search", Search::page)
                .page("/shop", Cart::page)
                .page("/sheet", Sheet::page)
                .page("/wizard", Wizard::page)
                .page("/life", Life::page)
                .page("/race", Race::page)
                .page("/auction", Auction::page)
                .page("/theme", Theme::page)
                .page("/monitor", page -> Monitor.page(page, node))
                .page("/components", Parts::page)
                .page("/login", Login::page)
                .group("/account", Login::account)
                .page("/files", Files::page);
    }
}
