package dev.carillon.page.context;

import dev.carillon.base.Platform;
import dev.carillon.page.view.PageMetrics;
import dev.carillon.page.view.PatchSender;
import java.util.Set;

/**
 * What the contexts of an application on a node share.
 *
 * @param scripts names of the scripts that pages may run
 */
record ContextServices(
        PatchSender sender, ActionRunner runner, Platform platform, PageMetrics metrics, Set<String> scripts) {}
