package dev.carillon.patch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes patches in the form that a script in the browser applies. Thread-safe. */
public interface PatchRenderer {
    /** The patches as events, in their order. */
    List<PatchEvent> events(List<Patch> patches);

    /** More bytes than the form of a patch adds to its content, without those of its names. */
    int overhead(Patch patch);

    /** The patches as the body of an answer to a request. */
    String answer(List<Patch> patches);

    /** Media type of patches in the answer to a request. */
    String mediaType();

    /** The body of an answer that leads the browser to a URL; null: the script follows redirects of HTTP. */
    @Nullable
    String redirect(String url);

    /** Whether the script keeps the values of inputs as signals, beside the elements: then {@link Patch.Signals} sets them, and views do not. */
    boolean keepsSignals();
}
