package dev.carillon.patch;

import java.util.List;

/** Writes patches in the form that a script in the browser applies. Thread-safe. */
public interface PatchRenderer {
    /** The patches as the data of one event. */
    String event(List<Patch> patches);

    /** Elements for the head of a page, which load the script. */
    String head(String scriptUrl);

    /** An element for the body of a page, which opens its stream. */
    String stream(String url);

    /** Media type of patches in the answer to a request. */
    String mediaType();
}
