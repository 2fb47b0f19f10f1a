package dev.carillon.page.view;

import dev.carillon.base.Text;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Sends patches to the tabs of this node: those of one call as one event, unless they exceed the size of an event. Thread-safe; never blocks. */
public final class PatchSender {
    /** Leaves room for the elements around the patches. */
    private static final int MAX_BYTES = Event.MAX_DATA_BYTES - 4 * 1024;
    /** More than the elements around one patch, without its name. */
    private static final int WRAPPER_BYTES = 256;

    private final ExtensionContext node;
    private final PatchRenderer renderer;
    private final LongAdder sent = new LongAdder();

    public PatchSender(ExtensionContext node, PatchRenderer renderer) {
        this.node = node;
        this.renderer = renderer;
    }

    public void send(Tenant tenant, Scope scope, List<View.Content> views) {
        List<Patch> patches = new ArrayList<>();
        int size = 0;
        for (View.Content view : views) {
            int bytes = WRAPPER_BYTES + Text.utf8Length(view.name()) + Text.utf8Length(view.html());
            if (bytes > MAX_BYTES) {
                // The page itself may be larger than an event.
                reload(tenant, scope);
                return;
            }
            if (size + bytes > MAX_BYTES) {
                deliver(tenant, scope, patches);
                patches.clear();
                size = 0;
            }
            patches.add(new Patch.Content(view.name(), view.html()));
            size += bytes;
        }
        if (!patches.isEmpty()) {
            deliver(tenant, scope, patches);
        }
    }

    /** Lets the tabs load their page again. */
    public void reload(Tenant tenant, Scope scope) {
        deliver(tenant, scope, List.of(new Patch.Reload()));
    }

    private void deliver(Tenant tenant, Scope scope, List<Patch> patches) {
        sent.increment();
        node.deliverHere(
                Event.to(scope).tenant(tenant).data(renderer.event(patches)).build());
    }

    public long sent() {
        return sent.sum();
    }
}
