package dev.carillon.page;

import dev.carillon.scope.Tenant;
import java.time.Instant;
import java.util.Optional;

/**
 * An open tab, as it is now.
 *
 * @param context id of its context
 * @param session handle of the session of the browser
 * @param user empty for anonymous clients
 * @param path of the page, without the base path
 * @param connected whether its stream is open
 * @param loaded when the page was loaded
 */
public record OpenPage(
        String context,
        Tenant tenant,
        String session,
        Optional<String> user,
        String path,
        boolean connected,
        Instant loaded) {}
