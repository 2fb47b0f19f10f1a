package dev.carillon.node;

import dev.carillon.auth.Grants;
import dev.carillon.context.Context;
import dev.carillon.context.ContextOwner;
import dev.carillon.context.Contexts;
import dev.carillon.extension.ClientContexts;
import dev.carillon.extension.Request;
import dev.carillon.limits.MemoryBudget;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Contexts of extensions, and the memory that they are charged. */
final class ReservedContexts implements ClientContexts {
    private final Contexts contexts;
    /** By id of the context; an entry ends with its context, of which there is a bounded number. */
    private final Map<String, MemoryBudget.Charge> charges = new ConcurrentHashMap<>();

    ReservedContexts(Contexts contexts) {
        this.contexts = contexts;
        contexts.onEnd(context -> uncharge(context.id()));
    }

    @Override
    public String create(Request request, int bytes) {
        ServerRequest known = known(request);
        ContextOwner owner = owner(known);
        MemoryBudget.Charge charge = known.charge(MemoryBudget.Use.CONTEXTS);
        charge.require(bytes);
        Context context = contexts.reserve(owner);
        charge(context, charge);
        return context.id();
    }

    @Override
    public boolean adopt(Request request, String id, int bytes, boolean returning) {
        ServerRequest known = known(request);
        ContextOwner owner = owner(known);
        MemoryBudget.Charge charge = known.charge(MemoryBudget.Use.CONTEXTS);
        charge.require(bytes);
        Optional<Context> adopted = contexts.revive(owner, id, returning);
        adopted.ifPresentOrElse(context -> charge(context, charge), charge::close);
        return adopted.isPresent();
    }

    private static ServerRequest known(Request request) {
        if (!(request instanceof ServerRequest known)) {
            throw new IllegalArgumentException("the request is not one of this node");
        }
        return known;
    }

    private static ContextOwner owner(ServerRequest request) {
        Grants grants = request.grants();
        return new ContextOwner(grants.tenant(), request.session(), grants.user());
    }

    private void charge(Context context, MemoryBudget.Charge charge) {
        charges.put(context.id(), charge);
        if (!contexts.keep(context.id())) {
            // It has ended meanwhile.
            uncharge(context.id());
        }
    }

    @Override
    public void resize(String id, long bytes) {
        MemoryBudget.Charge charge = charges.get(id);
        if (charge != null) {
            charge.require(bytes);
        }
    }

    @Override
    public void release(String id) {
        contexts.giveUp(id);
        uncharge(id);
    }

    private void uncharge(String id) {
        MemoryBudget.Charge charge = charges.remove(id);
        if (charge != null) {
            charge.close();
        }
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
