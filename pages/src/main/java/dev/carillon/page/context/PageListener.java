package dev.carillon.page.context;

import dev.carillon.page.OpenPage;

/** Receives the opening and the end of the streams of pages, those of one context one after the other. Called on virtual threads; may block. */
public interface PageListener {
    void connected(OpenPage page);

    void disconnected(OpenPage page);
}
