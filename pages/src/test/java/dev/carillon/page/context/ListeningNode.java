package dev.carillon.page.context;

import dev.carillon.broadcast.EventHandler;
import dev.carillon.extension.StubExtensionContext;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A node whose subscriptions are open at once, and that does nothing else. */
final class ListeningNode extends StubExtensionContext {
    private Consumer<Scope> listener = scope -> {};

    /** @param action called before a subscription is open */
    void onListen(Consumer<Scope> action) {
        listener = action;
    }

    @Override
    public CompletionStage<AutoCloseable> listen(Tenant tenant, Collection<Scope> scopes, EventHandler handler) {
        scopes.forEach(listener);
        return CompletableFuture.completedFuture(() -> {});
    }
}
