package dev.carillon.examples.lightshow;

import dev.carillon.extension.Extension;
import dev.carillon.extension.ExtensionContext;
import java.time.Duration;
import java.util.List;

/**
 * The pages of the light show at {@code /lightshow} and {@code /lightshow/stage}, for the default tenant; and a small show that uses only the
 * Mercure protocol, at {@code /lightshow/mercure} and {@code /lightshow/mercure/stage}.
 */
public final class Lightshow implements Extension {
    static final String ROUTE = "/lightshow";

    private static final Duration COUNT_EVERY = Duration.ofSeconds(2);

    private static final List<String> FILES = List.of(
            "phone.css", "phone.js", "stage.css", "stage.js", "broadcasts.js", "colours.js", "groups.js", "stream.js");
    private static final List<String> MERCURE_FILES = List.of("style.css", "phone.js", "stage.js");

    @Override
    public AutoCloseable start(ExtensionContext node) {
        node.file(ROUTE, Lightshow.class, "phone.html");
        node.file(ROUTE + "/stage", Lightshow.class, "stage.html");
        node.file(ROUTE + "/icon.svg", Lightshow.class, "icon.svg");
        FILES.forEach(file -> node.file(ROUTE + "/" + file, Lightshow.class, file));
        node.startPageLink(ROUTE, "The light show: a light");
        node.startPageLink(ROUTE + "/stage", "The light show: its stage, which needs a token");
        addMercure(node);
        PhoneCounts counts = new PhoneCounts(node, COUNT_EVERY);
        node.get(ROUTE + "/phones", new PhonesHandler(counts));
        return counts;
    }

    private static void addMercure(ExtensionContext node) {
        String route = ROUTE + "/mercure";
        node.file(route, Lightshow.class, "mercure/index.html");
        node.file(route + "/phone", Lightshow.class, "mercure/phone.html");
        node.file(route + "/stage", Lightshow.class, "mercure/stage.html");
        MERCURE_FILES.forEach(file -> node.file(route + "/" + file, Lightshow.class, "mercure/" + file));
    }
}
