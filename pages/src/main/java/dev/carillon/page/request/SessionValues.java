package dev.carillon.page.request;

import dev.carillon.base.CarillonException;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Stored;
import dev.carillon.page.signal.ActionRun;
import dev.carillon.page.signal.Rendering;
import dev.carillon.scope.Tenant;
import dev.carillon.session.SessionData;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Values of sessions, in the store that all nodes share. Thread-safe; blocks until the store answers. */
public record SessionValues(SessionData data) {
    /** Before the names of values, as extensions keep theirs in the same map. */
    private static final String PREFIX = "page:";

    /** @param session the handle of the session, at each use */
    public <T> Stored<T> value(SessionValue<T> value, Tenant tenant, Supplier<String> session) {
        return new InStore<>(value, tenant, session);
    }

    /** Gives the values of a session to a new one, too. */
    public void copy(Tenant tenant, String from, String to) {
        Map<String, String> values = join(data.get(tenant, from));
        if (!values.isEmpty()) {
            Map<String, String> _ = join(data.update(tenant, to, none -> values));
        }
    }

    /** Removes all values of a session. */
    public void clear(Tenant tenant, String session) {
        Map<String, String> _ = join(data.update(tenant, session, old -> Map.of()));
    }

    private static <R> R join(CompletionStage<R> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }

    private final class InStore<T> implements Stored<T> {
        private final SessionValue<T> value;
        private final Tenant tenant;
        private final Supplier<String> session;

        InStore(SessionValue<T> value, Tenant tenant, Supplier<String> session) {
            this.value = value;
            this.tenant = tenant;
            this.session = session;
        }

        @Override
        public T get() {
            requireNoView();
            return read(join(data.get(tenant, session.get())));
        }

        @Override
        public T update(UnaryOperator<T> change) {
            requireNoView();
            ActionRun.effect();
            AtomicReference<T> last = new AtomicReference<>(value.initial());
            Map<String, String> _ = join(data.update(tenant, session.get(), old -> {
                T next = change.apply(read(old));
                last.set(next);
                Map<String, String> all = new HashMap<>(old);
                all.put(PREFIX + value.name(), value.type().write(next));
                return all;
            }));
            return Objects.requireNonNull(last.get());
        }

        @Override
        public void clear() {
            requireNoView();
            ActionRun.effect();
            Map<String, String> _ = join(data.update(tenant, session.get(), old -> {
                Map<String, String> all = new HashMap<>(old);
                all.remove(PREFIX + value.name());
                return all;
            }));
        }

        private T read(Map<String, String> all) {
            String text = all.get(PREFIX + value.name());
            try {
                return text == null ? value.initial() : value.type().read(text);
            } catch (IllegalArgumentException e) {
                // Written by another version of the application.
                return value.initial();
            }
        }

        private void requireNoView() {
            if (Rendering.isActive()) {
                throw new IllegalStateException("session value \"" + value.name()
                        + "\" in a view: read it before, or use a signal of the scope of the session");
            }
        }
    }
}
