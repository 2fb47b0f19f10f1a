package dev.carillon.page.http;

import dev.carillon.page.Links;
import dev.carillon.page.Shell;
import java.util.List;
import java.util.function.Function;

/**
 * What an application adds to every document.
 *
 * @param head elements of the head, such as a link to a style sheet
 * @param foot elements at the end of the body
 * @param shell the document around them
 */
public record DocumentTemplate(
        Function<Links, String> head, Function<Links, String> foot, Function<Shell, String> shell) {
    /** Without additions, in English. */
    public static final DocumentTemplate PLAIN =
            new DocumentTemplate(links -> "", links -> "", DocumentTemplate::plain);

    private static String plain(Shell shell) {
        return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">" + shell.head()
                + "</head><body>" + shell.body() + "</body></html>";
    }

    /**
     * Tries the shell.
     *
     * @throws IllegalArgumentException when it does not contain the head and the body, each once
     */
    public void check() {
        String head = "<meta name=\"carillon-head\">";
        String body = "<p id=\"carillon-body\"></p>";
        String document = shell.apply(new Shell("Title", head, body));
        for (String part : List.of(head, body)) {
            if (document.split(part, -1).length != 2) {
                throw new IllegalArgumentException(
                        "the shell of the application must contain shell.head() and shell.body(), each once");
            }
        }
    }

    public DocumentTemplate head(Function<Links, String> value) {
        return new DocumentTemplate(value, foot, shell);
    }

    public DocumentTemplate foot(Function<Links, String> value) {
        return new DocumentTemplate(head, value, shell);
    }

    public DocumentTemplate shell(Function<Shell, String> value) {
        return new DocumentTemplate(head, foot, value);
    }
}
