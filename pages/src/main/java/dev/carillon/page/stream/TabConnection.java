package dev.carillon.page.stream;

import dev.carillon.base.CarillonException;
import dev.carillon.base.CloseReason;
import dev.carillon.extension.ClientStream;
import dev.carillon.page.view.PatchSender;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What reaches one tab, and its stream, while it has one. Thread-safe. */
public final class TabConnection {
    private final Tenant tenant;
    private final Scope tab;
    private final PatchSender sender;
    private final PatchRenderer renderer;
    private final PendingPatches patches = new PendingPatches();
    private volatile @Nullable TabStream stream;
    /** The last stream that opened: after it has closed, the application may still be told so. */
    private volatile @Nullable TabStream last;

    /** @param renderer of the page */
    public TabConnection(Tenant tenant, Scope tab, PatchSender sender, PatchRenderer renderer) {
        this.tenant = tenant;
        this.tab = tab;
        this.sender = sender;
        this.renderer = renderer;
    }

    public boolean isOpen() {
        return stream != null;
    }

    public void opened(ClientStream opened) {
        TabStream next = new TabStream(opened);
        last = next;
        stream = next;
    }

    /** @return the stream, if it was that of the tab; it {@linkplain TabStream#ended() ends} when the application knows of it */
    public @Nullable TabStream closed(ClientStream ended) {
        TabStream known = stream;
        if (known == null || !known.stream().equals(ended)) {
            return null;
        }
        stream = null;
        return known;
    }

    /**
     * Adds a patch that no signal causes. It waits for the next {@link #sendAll}, and for a stream.
     *
     * @throws CarillonException {@code too-large}
     */
    public void add(Patch patch) {
        PatchSender.requireSize(patch, renderer);
        patches.add(patch, isOpen() ? this::send : null);
    }

    /** Whether patches wait that could be sent. */
    public boolean isDue() {
        return isOpen() && patches.isWaiting();
    }

    public void send(List<Patch> sent) {
        sender.send(renderer, tenant, tab, sent);
    }

    /** Sends patches, and then those that wait: a script finds what the code that ran it has changed. */
    public void sendAll(List<Patch> first) {
        patches.drain(waiting -> {
            first.addAll(waiting);
            send(first);
        });
    }

    /** Lets the tab load its page again. */
    public void reload() {
        sender.reload(renderer, tenant, tab);
    }

    /**
     * Ends the stream, which may be one whose client has left without a sign, so that a new one can take its place. Waits until it has ended and the
     * application knows of it, or for {@link TabStream#END}.
     */
    public void release() {
        if (isOpen()) {
            // A tab that is still there loads the page again, for a context of its own.
            reload();
            close();
        }
        TabStream ending = last;
        if (ending != null) {
            ending.awaitEnd();
        }
    }

    /** Ends the stream, if there is one. */
    public void close() {
        TabStream known = stream;
        if (known != null) {
            known.stream().close(CloseReason.APPLICATION);
        }
    }
}
