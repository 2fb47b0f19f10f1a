package dev.carillon.page.view;

import dev.carillon.page.trace.PageTracer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The metrics of an application on one node. Thread-safe. */
public final class PageMetrics {
    private static final String APP = "app";

    private final @Nullable PageTracer tracer;
    private final MeterRegistry registry;
    private final String app;
    private final Map<Result, Counter> actions;
    private final Counter sharedRenders;
    private final Counter tabRenders;
    private final Counter unchanged;
    private final Counter failed;
    private final Counter cached;
    private final Counter patches;
    private final Counter eventsDropped;

    /** How an action ended. */
    public enum Result {
        OK,
        /** With an error for the user, also before it began. */
        REFUSED,
        /** With any other exception. */
        FAILED,
        TIMEOUT
    }

    /**
     * The metrics of an application.
     *
     * @param app base path of the application, for a label
     * @param tracer null: nothing is traced
     */
    public PageMetrics(MeterRegistry registry, String app, @Nullable PageTracer tracer) {
        this.tracer = tracer;
        this.registry = registry;
        this.app = app;
        String renders = "Renderings of views, by whether they are of a tab or of a shared scope";
        String results = "Renderings of views that were not sent";
        actions = Stream.of(Result.values())
                .collect(Collectors.toUnmodifiableMap(
                        Function.identity(),
                        result -> counter(
                                "carillon.pages.actions",
                                "Actions of live pages",
                                "result",
                                result.name().toLowerCase(Locale.ROOT))));
        sharedRenders = counter("carillon.pages.renders", renders, "scope", "shared");
        tabRenders = counter("carillon.pages.renders", renders, "scope", "tab");
        unchanged = counter("carillon.pages.renders.unsent", results, "reason", "unchanged");
        failed = counter("carillon.pages.renders.unsent", results, "reason", "failed");
        cached = counter("carillon.pages.render.cache.hits", "Views of shared scopes that a tab took as they were");
        patches = counter("carillon.pages.patches", "Events with patches");
        eventsDropped = counter(
                "carillon.pages.events.dropped",
                "Events for handlers of pages that were dropped because too many waited");
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name)
                .description(description)
                .tag(APP, app)
                .tags(tags)
                .register(registry);
    }

    /** Traces of what is counted here; null: the node is not in development mode. */
    public @Nullable PageTracer tracer() {
        return tracer;
    }

    /** Adds the number of contexts. */
    public void contexts(DoubleSupplier count) {
        Gauge.builder("carillon.pages.contexts", count, DoubleSupplier::getAsDouble)
                .description("Contexts of live pages that the node owns")
                .tag(APP, app)
                .strongReference(true)
                .register(registry);
    }

    public void action(Result result) {
        Counter counter = actions.get(result);
        if (counter != null) {
            counter.increment();
        }
    }

    /** @param shared whether the view is of a shared scope */
    public void rendered(boolean shared, boolean changed) {
        (shared ? sharedRenders : tabRenders).increment();
        if (!changed) {
            unchanged.increment();
        }
    }

    public void renderFailed(boolean shared) {
        (shared ? sharedRenders : tabRenders).increment();
        failed.increment();
    }

    public void cacheHit() {
        cached.increment();
    }

    void patched() {
        patches.increment();
    }

    public void eventDropped() {
        eventsDropped.increment();
    }

    public long renders(boolean shared) {
        return (long) (shared ? sharedRenders : tabRenders).count();
    }

    public long cacheHits() {
        return (long) cached.count();
    }

    public long patches() {
        return (long) patches.count();
    }

    public long actions(Result result) {
        Counter counter = actions.get(result);
        return counter == null ? 0 : (long) counter.count();
    }
}
