package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.base.Threads;
import dev.carillon.page.journal.RecentActions;
import dev.carillon.page.journal.UnsavedException;
import dev.carillon.page.request.RequestState;
import dev.carillon.page.signal.ActionRun;
import dev.carillon.page.signal.TabSignal;
import dev.carillon.page.task.Task;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.page.trace.PageTracer;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PageMetrics.Result;
import dev.carillon.patch.Patch;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the code of pages: actions, hooks, timers and handlers of events. Those of one context run one after the other, each on its own virtual thread; at most
 * {@value #MAX_WAITING} actions of a context wait. When the time limit has passed, the caller is answered, the thread is interrupted, and the code changes
 * no more signals. The limit of an action includes its wait; that of other code begins with it, because no client would try it again. Its changes are sent when it ends, before its caller is answered, unless rendering takes more than half a second.
 */
public final class ActionRunner {
    static final int MAX_WAITING = 16;
    /** With the time limit of an action it is within that of a call between nodes. */
    private static final Duration VIEWS = Duration.ofMillis(500);

    private static final Logger LOGGER = LoggerFactory.getLogger(ActionRunner.class);

    private final Duration limit;
    private final Threads threads;
    private final PageMetrics metrics;
    private final LongAdder ran = new LongAdder();

    ActionRunner(Duration limit, Threads threads, PageMetrics metrics) {
        this.limit = limit;
        this.threads = threads;
        this.metrics = metrics;
    }

    /**
     * A request for an action.
     *
     * @param key of this request among those of the context: the action runs once for it
     * @param fields of the form
     */
    public record Call(String name, String key, Map<String, String> fields) {}

    /** Number of actions that ran. */
    public long ran() {
        return ran.sum();
    }

    /**
     * Runs an action.
     *
     * @param state of the request
     * @throws UnsavedException when it ran but could not be saved
     * @throws CarillonException {@code not-found} for an unknown action, {@code invalid-request} for a field that is not declared or breaks its rule, {@code
     *     too-many-requests} when too many actions wait, {@code action-timeout}, {@code internal} when the action failed, {@code context-moved} when another node owns
     *     the context, or as the action
     */
    public void run(PageContext context, Call call, RequestState state) {
        Result result = Result.FAILED;
        try {
            admitted(context, call, state);
            result = Result.OK;
        } catch (CarillonException e) {
            result = switch (e.code()) {
                case ACTION_TIMEOUT -> Result.TIMEOUT;
                case INTERNAL -> Result.FAILED;
                default -> Result.REFUSED;
            };
            throw e;
        } finally {
            metrics.action(result);
        }
    }

    private void admitted(PageContext context, Call call, RequestState state) {
        String name = call.name();
        Runnable action = context.parts().action(name);
        if (action == null) {
            throw new CarillonException(
                    ErrorCode.NOT_FOUND, "the page has no action \"" + Text.printable(name, 64) + "\"");
        }
        Map<TabSignal<?>, String> inputs = inputs(context, call.fields());
        if (context.waiting().incrementAndGet() > MAX_WAITING) {
            context.waiting().decrementAndGet();
            throw new CarillonException(ErrorCode.TOO_MANY_REQUESTS, "too many actions of this page are waiting");
        }
        Task task = Task.of("action", name, () -> {
            ran.increment();
            PageTrace.input(call.fields());
            context.receive(inputs);
            state.run(action);
        });
        CompletableFuture<Boolean> begun = CompletableFuture.completedFuture(true);
        RecentActions actions = context.saves().actions();
        actions.admitted(call.key());
        turn(context, task, call.key(), begun, () -> {
            context.waiting().decrementAndGet();
            actions.left(call.key());
        });
    }

    /** Runs a task that is no action in the turn of its context, and waits for its end. */
    void runLogged(PageContext context, Task task) {
        try {
            turn(context, task, null, new CompletableFuture<>(), () -> {});
        } catch (CarillonException e) {
            if (e.code() == ErrorCode.CONTEXT_REFUSED) {
                // The page belongs to a session that its browser has no more.
                context.patch(new Patch.Reload());
                return;
            }
            // Other failures are logged where they are thrown.
            if (!context.isClosed() && e.code() != ErrorCode.INTERNAL && e.code() != ErrorCode.ACTION_TIMEOUT) {
                LOGGER.atWarn()
                        .addKeyValue(task.kind(), task.name())
                        .log("the code of a page failed: {}", e.getMessage());
            }
        }
    }

    /**
     * Runs a task in the turn of its context, and waits for its end.
     *
     * @param key of an action; null: the task is none
     * @param begun completes when the task begins, if it has not completed before; the time limit then begins
     * @throws CarillonException {@code action-timeout}, {@code internal} when the task failed, or as the task
     */
    private void turn(
            PageContext context, Task task, @Nullable String key, CompletableFuture<Boolean> begun, Runnable left) {
        ActionRun run = key == null
                ? new ActionRun()
                : new ActionRun(key, () -> context.saves().claim(key));
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        CompletableFuture<Boolean> shown = new CompletableFuture<>();
        Thread thread = threads.blocking("carillon-" + task.kind(), traced(context, task, () -> {
            try {
                inTurn(context, run, begun, done, task, key);
            } catch (Throwable e) {
                // An Error too, because the client needs an answer.
                if (!done.completeExceptionally(e)) {
                    LOGGER.atError()
                            .addKeyValue(task.kind(), task.name())
                            .setCause(e)
                            .log("what the code of a page changed could not be shown");
                }
            } finally {
                left.run();
                begun.complete(true);
                shown.complete(true);
            }
        }));
        thread.start();
        boolean _ = begun.join();
        try {
            await(task, thread, run, done);
        } finally {
            awaitViews(task, run, shown);
        }
    }

    /** In development mode the run of a task has a trace. */
    private Runnable traced(PageContext context, Task task, Runnable run) {
        PageTracer tracer = metrics.tracer();
        return tracer == null
                ? run
                : () -> tracer.run(new PageTrace.Subject(task.kind(), task.name(), context.id(), context.path()), run);
    }

    private static Map<TabSignal<?>, String> inputs(PageContext context, Map<String, String> fields) {
        Map<TabSignal<?>, String> inputs = new LinkedHashMap<>();
        fields.forEach((field, text) -> {
            if (context.parts().upload(field) != null) {
                // A form without files has their names.
                return;
            }
            TabSignal<?> signal = context.parts().input(field);
            String shown = Text.printable(field, 64);
            if (signal == null && context.keepsSignals()) {
                // The script sends all that the browser has, also what is none of the server.
                return;
            }
            if (signal == null) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST, "field \"" + shown + "\": the page declares no such input");
            }
            try {
                Object _ = signal.parse(text);
            } catch (IllegalArgumentException e) {
                throw new CarillonException(
                        ErrorCode.INVALID_REQUEST,
                        "field \"" + shown + "\": " + Text.printable(String.valueOf(e.getMessage()), 200),
                        e);
            }
            inputs.put(signal, text);
        });
        return inputs;
    }

    private static void inTurn(
            PageContext context,
            ActionRun run,
            CompletableFuture<Boolean> begun,
            CompletableFuture<Boolean> done,
            Task task,
            @Nullable String key)
            throws InterruptedException {
        context.lock().lockInterruptibly();
        try {
            begun.complete(true);
            if (context.isClosed() && !task.afterEnd()) {
                throw context.gone();
            }
            context.saves().before();
            @Nullable Throwable failure = failure(run, task);
            // Before anything is shown or answered.
            @Nullable CarillonException unsaved = context.saves().after(key);
            end(done, unsaved == null ? failure : unsaved(unsaved, failure, task));
            if (failure != null && run.hasExpired()) {
                LOGGER.debug("the code of a page ended after its time limit: {}", failure.toString());
            }
        } catch (RuntimeException e) {
            end(done, e);
        } finally {
            // What the code changed before it failed is shown, too.
            try {
                context.tenant().dependents().changed(run.changed());
            } finally {
                try {
                    context.flush();
                } finally {
                    context.lock().unlock();
                }
            }
        }
        context.refresh();
    }

    private static @Nullable Throwable failure(ActionRun run, Task task) {
        try {
            run.run(task.run());
            return null;
        } catch (Throwable e) {
            // An Error too: the changes before it are saved and shown.
            PageTrace.failed(e);
            return e;
        }
    }

    private static void end(CompletableFuture<Boolean> done, @Nullable Throwable failure) {
        boolean _ = failure == null ? done.complete(true) : done.completeExceptionally(failure);
    }

    private static CarillonException unsaved(CarillonException unsaved, @Nullable Throwable failure, Task task) {
        return switch (unsaved.code()) {
            case BROKER_UNAVAILABLE, OVERLOADED ->
                new UnsavedException(unsaved, failure == null ? null : known(failure, task));
            default -> unsaved;
        };
    }

    private void await(Task task, Thread thread, ActionRun run, CompletableFuture<Boolean> done) {
        try {
            boolean _ = threads.await(done, limit);
        } catch (TimeoutException e) {
            if (run.expire(thread)) {
                throw timeout(task);
            }
            // It ended at the last moment.
            await(task, thread, run, done);
        } catch (InterruptedException e) {
            boolean _ = run.expire(thread);
            Thread.currentThread().interrupt();
            throw timeout(task);
        } catch (ExecutionException e) {
            throw known(Objects.requireNonNullElse(e.getCause(), e), task);
        }
    }

    private static CarillonException known(Throwable failure, Task task) {
        if (failure instanceof CarillonException known) {
            return known;
        }
        LOGGER.atError().addKeyValue(task.kind(), task.name()).setCause(failure).log("the code of a page failed");
        return new CarillonException(ErrorCode.INTERNAL, "the action failed; what it changed before remains", failure);
    }

    /** The time limit is one of the code, and not of the views; a caller does not wait for slow ones. */
    private void awaitViews(Task task, ActionRun run, CompletableFuture<Boolean> shown) {
        if (run.hasExpired()) {
            return;
        }
        try {
            boolean _ = threads.await(shown, VIEWS);
        } catch (TimeoutException e) {
            LOGGER.atWarn()
                    .addKeyValue(task.kind(), task.name())
                    .log("the changed views take more than {} ms", VIEWS.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private CarillonException timeout(Task task) {
        LOGGER.atWarn().addKeyValue(task.kind(), task.name()).log("the code of a page exceeded its time limit");
        return new CarillonException(
                ErrorCode.ACTION_TIMEOUT, "the action did not end within " + limit.toMillis() + " ms");
    }
}
