package dev.carillon.page.context;

import dev.carillon.page.OpenPage;

/** Receives the opening and the end of the streams of pages, those of one context one after the other unless a call takes more than {@link TabStream#END}. Called on virtual threads; may block. */
public interface PageListener {
    void connected(OpenPage page);

    void disconnected(OpenPage page);
}
