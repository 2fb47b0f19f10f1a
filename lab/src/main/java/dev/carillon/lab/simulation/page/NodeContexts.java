package dev.carillon.lab.simulation.page;

import dev.carillon.auth.Grants;
import dev.carillon.context.ContextOwner;
import dev.carillon.context.Contexts;
import dev.carillon.extension.ClientContexts;
import dev.carillon.extension.Request;
import java.util.function.Consumer;

/** The contexts of a node as its application sees them, without a memory budget. */
record NodeContexts(Contexts contexts) implements ClientContexts {
    private static ContextOwner owner(Request request) {
        Grants grants = request.grants();
        return new ContextOwner(grants.tenant(), request.session(), grants.user());
    }

    @Override
    public String create(Request request, int bytes) {
        return contexts.reserve(owner(request)).id();
    }

    @Override
    public boolean adopt(Request request, String id, int bytes, boolean returning) {
        return contexts.revive(owner(request), id, returning).isPresent();
    }

    @Override
    public void resize(String id, long bytes) {
        // Nothing is charged.
    }

    @Override
    public void release(String id) {
        contexts.giveUp(id);
    }

    @Override
    public boolean keep(String id) {
        return contexts.keep(id);
    }

    @Override
    public void end(String id) {
        contexts.endReserved(id);
    }

    @Override
    public void onEnd(Consumer<String> listener) {
        contexts.onEnd(context -> listener.accept(context.id()));
    }
}
