package dev.carillon.page.request;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
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

/**
 * Values of sessions, in the store that all nodes share. A session that was replaced by another one has a mark: code of its open pages that runs for no request,
 * such as a timer, does not read or write it any more. Thread-safe; blocks until the store answers.
 */
public record SessionValues(SessionData data) {
    /** Before the names of values, as extensions keep theirs in the same map. */
    private static final String PREFIX = "page:";

    private static final String REPLACED = "page.replaced";

    /** @param session the handle of the session, at each use */
    public <T> Stored<T> value(SessionValue<T> value, Tenant tenant, Supplier<String> session) {
        return new InStore<>(value, tenant, session);
    }

    /** Gives the values of a session to a new one, too. */
    public void copy(Tenant tenant, String from, String to) {
        Map<String, String> values = new HashMap<>(join(data.get(tenant, from)));
        values.remove(REPLACED);
        if (!values.isEmpty()) {
            Map<String, String> _ = join(data.update(tenant, to, none -> values));
        }
    }

    /** Removes all values of a session whose browser has another one now. */
    public void end(Tenant tenant, String session) {
        Map<String, String> _ = join(data.update(tenant, session, old -> Map.of(REPLACED, "")));
    }

    /** @param forRequest code that answers a request has the session of that request, even an old one */
    private static void requireCurrent(Map<String, String> values, boolean forRequest) {
        if (!forRequest && values.containsKey(REPLACED)) {
            throw new CarillonException(
                    ErrorCode.CONTEXT_REFUSED, "the browser has another session now; load the page again");
        }
    }

    /** On the thread of the caller: the store may call back on another one. */
    private static boolean isForRequest() {
        return RequestState.currentOrNull() != null;
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
            Map<String, String> all = join(data.get(tenant, session.get()));
            requireCurrent(all, isForRequest());
            return read(all);
        }

        @Override
        public T update(UnaryOperator<T> change) {
            requireNoView();
            ActionRun.effect();
            AtomicReference<T> last = new AtomicReference<>(value.initial());
            boolean forRequest = isForRequest();
            Map<String, String> _ = join(data.update(tenant, session.get(), old -> {
                requireCurrent(old, forRequest);
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
            boolean forRequest = isForRequest();
            Map<String, String> _ = join(data.update(tenant, session.get(), old -> {
                requireCurrent(old, forRequest);
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
