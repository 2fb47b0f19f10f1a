package dev.carillon.page.view;

import dev.carillon.page.signal.SignalKey;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.page.trace.PageTrace.Outcome;
import dev.carillon.scope.Scope;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Notes the fate of views in the trace of the code that runs, if there is one. */
final class ViewTrace {
    private ViewTrace() {}

    /**
     * Renders a view.
     *
     * @param changed signals; null: it is rendered for the first time
     * @param render returns whether the HTML has changed
     */
    static boolean rendering(View view, Scope scope, @Nullable Set<SignalKey> changed, BooleanSupplier render) {
        PageTrace trace = PageTrace.current();
        if (trace == null) {
            return render.getAsBoolean();
        }
        List<String> because = changed == null
                ? List.of()
                : shown(view.reads().stream().filter(changed::contains).toList());
        long begun = trace.nanoTime();
        String name = view.content().name();
        try {
            boolean renewed = render.getAsBoolean();
            trace.view(name, shown(scope), renewed ? Outcome.RENDERED : Outcome.UNCHANGED, begun, because);
            return renewed;
        } catch (Throwable e) {
            trace.view(name, shown(scope), Outcome.FAILED, begun, because);
            throw e;
        }
    }

    /** A view that another tab has rendered. */
    static void fromCache(String name, Scope scope) {
        PageTrace trace = PageTrace.current();
        if (trace != null) {
            trace.view(name, shown(scope), Outcome.FROM_CACHE, 0, List.of());
        }
    }

    /** Notes those of which nothing was noted. */
    static void notAffected(Collection<View> views, Scope scope) {
        PageTrace trace = PageTrace.current();
        if (trace == null) {
            return;
        }
        String shownScope = shown(scope);
        for (View view : views) {
            String name = view.content().name();
            if (!trace.hasView(name, shownScope)) {
                trace.view(name, shownScope, Outcome.NOT_AFFECTED, 0, shown(view.reads()));
            }
        }
    }

    private static List<String> shown(Collection<SignalKey> keys) {
        return keys.stream().map(SignalKey::shown).sorted().toList();
    }

    /** Without the ids of tabs and sessions. */
    static String shown(Scope scope) {
        return new SignalKey(scope, "").shown().replaceFirst("^ of (the )?", "");
    }
}
