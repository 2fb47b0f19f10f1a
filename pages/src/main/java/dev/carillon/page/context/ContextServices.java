package dev.carillon.page.context;

import dev.carillon.base.Platform;
import dev.carillon.extension.ClientContexts;
import dev.carillon.page.journal.Journals;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * What the contexts of an application on a node share.
 *
 * @param timer of the timers of pages; it ends with the application
 * @param onMoved called when another node owns a context; must not block
 * @param scripts names of the scripts that pages may run
 */
record ContextServices(
        ClientContexts contexts,
        PatchSender sender,
        ActionRunner runner,
        Platform platform,
        ScheduledExecutorService timer,
        PageMetrics metrics,
        Journals journals,
        Consumer<PageContext> onMoved,
        Set<String> scripts) {}
