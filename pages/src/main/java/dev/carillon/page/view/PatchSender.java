package dev.carillon.page.view;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.patch.Json;
import dev.carillon.patch.Patch;
import dev.carillon.patch.PatchEvent;
import dev.carillon.patch.PatchRenderer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Sends patches to the tabs of this node: those of one call as one event, unless they exceed the size of an event. Thread-safe; never blocks. */
public final class PatchSender {
    /** Leaves room for the elements around the patches. */
    private static final int MAX_BYTES = Event.MAX_DATA_BYTES - 4 * 1024;

    private final ExtensionContext node;
    private final PageMetrics metrics;

    public PatchSender(ExtensionContext node, PageMetrics metrics) {
        this.node = node;
        this.metrics = metrics;
    }

    /** @param renderer of the pages that are shown in the scope */
    public void send(PatchRenderer renderer, Tenant tenant, Scope scope, List<Patch> patches) {
        List<Patch> event = new ArrayList<>();
        int size = 0;
        for (Patch patch : patches) {
            int bytes = renderer.overhead(patch) + bytes(patch);
            if (bytes > MAX_BYTES) {
                // The page itself may be larger than an event.
                reload(renderer, tenant, scope);
                return;
            }
            if (size + bytes > MAX_BYTES) {
                deliver(renderer, tenant, scope, event);
                event.clear();
                size = 0;
            }
            event.add(patch);
            size += bytes;
        }
        if (!event.isEmpty()) {
            deliver(renderer, tenant, scope, event);
        }
    }

    /**
     * Checks a patch that no page shows again.
     *
     * @throws CarillonException {@code too-large}
     */
    public static void requireSize(Patch patch, PatchRenderer renderer) {
        int overhead = renderer.overhead(patch);
        if (overhead + bytes(patch) > MAX_BYTES) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE,
                    "a patch must have at most " + (MAX_BYTES - overhead)
                            + " bytes of UTF-8: split it, or show it in a view");
        }
    }

    private static int bytes(Patch patch) {
        return switch (patch) {
            case Patch.Content(String target, String html) -> Text.utf8Length(target) + Text.utf8Length(html);
            case Patch.Resent(String target, String html) -> Text.utf8Length(target) + Text.utf8Length(html);
            case Patch.Append(String target, String html) -> Text.utf8Length(target) + Text.utf8Length(html);
            case Patch.Prepend(String target, String html) -> Text.utf8Length(target) + Text.utf8Length(html);
            case Patch.Remove(String target) -> Text.utf8Length(target);
            case Patch.Signals signals -> Text.utf8Length(Json.write(signals.texts()));
            case Patch.Script(String name, String arguments) -> Text.utf8Length(name) + Text.utf8Length(arguments);
            case Patch.News(String json) -> Text.utf8Length(json);
            case Patch.Reload() -> 0;
        };
    }

    /** Lets the tabs load their page again. */
    public void reload(PatchRenderer renderer, Tenant tenant, Scope scope) {
        deliver(renderer, tenant, scope, List.of(new Patch.Reload()));
    }

    private void deliver(PatchRenderer renderer, Tenant tenant, Scope scope, List<Patch> patches) {
        metrics.patched();
        List<PatchEvent> events = renderer.events(patches);
        events.forEach(event -> node.deliverHere(Event.to(scope)
                .tenant(tenant)
                .type(event.type())
                .data(event.data())
                .build()));
        PageTrace trace = PageTrace.current();
        if (trace != null) {
            trace.sent(
                    scope.kind() == Scope.Kind.TAB ? "this tab" : "tabs that show it",
                    patches.stream().map(PatchSender::target).toList(),
                    events.stream()
                            .mapToInt(event -> Text.utf8Length(event.data()))
                            .sum(),
                    node.streams(tenant, scope));
        }
    }

    /** For a trace. */
    private static String target(Patch patch) {
        return switch (patch) {
            case Patch.Content(String target, String _) -> target;
            case Patch.Resent(String target, String _) -> target;
            case Patch.Append(String target, String _) -> "append to " + target;
            case Patch.Prepend(String target, String _) -> "prepend to " + target;
            case Patch.Remove(String target) -> "remove " + target;
            case Patch.Signals(Map<String, String> texts, Set<String> _) ->
                "fields " + String.join(", ", texts.keySet());
            case Patch.Script(String name, String _) -> "script " + name;
            case Patch.News _ -> "dev bar";
            case Patch.Reload() -> "page";
        };
    }
}
