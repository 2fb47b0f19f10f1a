package dev.carillon.page.markup;

import dev.carillon.patch.PatchRenderer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The protocols of an application: that of each of its pages, and that of what is no page of it, such as an error. A request for an action says by the media types
 * that it accepts which one its page has, also on a node that does not know the page. Immutable.
 */
public final class PageProtocols {
    private final PageProtocol standard;
    /** By media type, in the order of the pages. */
    private final Map<String, PatchRenderer> renderers = new LinkedHashMap<>();

    /** @param standard of the application */
    public PageProtocols(PageProtocol standard, Collection<PageProtocol> ofPages) {
        this.standard = standard;
        ofPages.forEach(protocol -> renderers.putIfAbsent(protocol.renderer().mediaType(), protocol.renderer()));
        if (renderers.isEmpty()) {
            renderers.put(standard.renderer().mediaType(), standard.renderer());
        }
    }

    public PageProtocol standard() {
        return standard;
    }

    /** Those of the pages, each once. */
    public List<PatchRenderer> renderers() {
        return List.copyOf(renderers.values());
    }

    /** Whether the script of any page keeps the values of inputs, and sends them as JSON. */
    public boolean keepSignals() {
        return renderers.values().stream().anyMatch(PatchRenderer::keepsSignals);
    }

    /**
     * The renderer for the script that has sent a request; null: none has.
     *
     * @param accepted header {@code Accept} of the request
     */
    public @Nullable PatchRenderer accepted(String accepted) {
        for (Map.Entry<String, PatchRenderer> entry : renderers.entrySet()) {
            if (accepted.contains(entry.getKey())) {
                return entry.getValue();
            }
        }
        return null;
    }
}
