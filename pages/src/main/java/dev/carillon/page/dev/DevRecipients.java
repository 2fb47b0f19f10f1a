package dev.carillon.page.dev;

import dev.carillon.broadcast.EventHandler;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.trace.PageTrace;
import dev.carillon.page.trace.PageTracer;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of other nodes that received what an action has changed: each node tells the others what it has sent because of a signal that was not written
 * there, and the node with the action adds it to the last trace that wrote the signal. Thread-safe.
 */
final class DevRecipients implements EventHandler {
    private static final Logger LOGGER = LoggerFactory.getLogger(DevRecipients.class);
    /** Node, recipients and bytes; the signals follow. */
    private static final int HEAD = 3;

    private final ExtensionContext node;
    private final PageTracer tracer;
    private final Scope channel;
    private final Executor threads;

    /** @param base path of the application on the node */
    DevRecipients(ExtensionContext node, PageTracer tracer, String base) {
        this.node = node;
        this.tracer = tracer;
        this.channel = Scope.topic("carillon/dev/recipients" + base);
        this.threads = node.platform().threads().each("carillon-dev");
    }

    void listen() {
        node.listen(Tenant.DEFAULT, List.of(channel), this).whenComplete((open, e) -> {
            if (e != null) {
                LOGGER.atDebug().log("recipients of other nodes are not shown: {}", e.toString());
            }
        });
        tracer.onTrace(trace -> {
            PageTrace.Change change = trace.change();
            if (change != null) {
                threads.execute(() -> tell(change));
            }
        });
    }

    private void tell(PageTrace.Change change) {
        List<String> lines = new ArrayList<>(
                List.of(node.nodeId(), Integer.toString(change.recipients()), Integer.toString(change.bytes())));
        lines.addAll(change.signals());
        Event event = Event.to(channel)
                .tenant(Tenant.DEFAULT)
                .isPrivate(true)
                .data(String.join("\n", lines))
                .build();
        node.broadcaster().broadcast(event).whenComplete((receipt, e) -> {
            if (e != null) {
                LOGGER.atDebug().log("other nodes do not show the recipients of this one: {}", e.toString());
            }
        });
    }

    @Override
    public void event(Event event, String id) {
        List<String> lines = event.data().lines().toList();
        if (lines.size() <= HEAD || lines.getFirst().equals(node.nodeId())) {
            return;
        }
        try {
            tracer.elsewhere(
                    lines.subList(HEAD, lines.size()),
                    lines.getFirst(),
                    Integer.parseInt(lines.get(1)),
                    Integer.parseInt(lines.get(2)));
        } catch (NumberFormatException e) {
            LOGGER.atDebug().log("a node has told something else: {}", e.toString());
        }
    }
}
