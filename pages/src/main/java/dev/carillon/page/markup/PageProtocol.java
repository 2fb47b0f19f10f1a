package dev.carillon.page.markup;

import dev.carillon.page.PageRenderer;
import dev.carillon.patch.Datastar;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.patch.TurboStreams;

/**
 * How a page and its script understand each other.
 *
 * @param renderer of what is sent to the page
 * @param markup of the page itself
 */
public record PageProtocol(PatchRenderer renderer, PageMarkup markup) {
    /** @param urls prefix of all URLs of the application */
    public static PageProtocol of(PageRenderer chosen, String urls) {
        return switch (chosen) {
            case PageRenderer.Turbo() -> new PageProtocol(new TurboStreams(), new TurboMarkup());
            case PageRenderer.Datastar(String script, String integrity) ->
                new PageProtocol(
                        new Datastar(), new DatastarMarkup(script.startsWith("/") ? urls + script : script, integrity));
        };
    }
}
