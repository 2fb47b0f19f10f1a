package dev.carillon.examples.pages;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The source text of an example, as it was compiled. */
final class Source {
    private Source() {}

    static void page(Page page) {
        String name = page.path("name");
        String text = text(name);
        page.title(name + ".java");
        page.layout(views -> "<main class=\"broad\"><h1>" + name
                + ".java</h1><pre class=\"source\" tabindex=\"0\" role=\"region\" aria-label=\"Source text\"><code>"
                + Html.escape(text) + "</code></pre></main>");
    }

    private static String text(String name) {
        if (name.matches("[A-Z][A-Za-z]{0,30}")) {
            try (InputStream in = Source.class.getResourceAsStream(name + ".java")) {
                if (in != null) {
                    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        throw new CarillonException(ErrorCode.NOT_FOUND, "there is no such page");
    }
}
