package dev.carillon.examples.pages;

import dev.carillon.app.App;
import dev.carillon.app.AppOptions;
import dev.carillon.app.Carillon;
import java.nio.file.Path;

/** Three of the examples with Datastar in place of Turbo, below {@code /examples/datastar}: their pages are the same, and share their state with the others. */
final class DatastarExamples {
    private DatastarExamples() {}

    /** @param folder of {@code datastar.js} */
    static App app(Path folder) {
        return Carillon.app(AppOptions.defaults().basePath(Examples.BASE + "/datastar"))
                .datastar("/scripts/datastar.js")
                .files("/scripts", folder)
                .head("<link rel=\"stylesheet\" href=\"" + Examples.BASE + "/examples.css\">")
                .foot(links -> "<nav><a href=\"" + Examples.BASE + "\">All examples</a></nav>")
                .page("/counter", Counter::page)
                .page("/chat/{room}", Chat::page)
                .page("/sheet", Sheet::page);
    }
}
