package dev.carillon.page.request;

import dev.carillon.extension.ExtensionContext;
import dev.carillon.page.Links;

/** What the code of a page uses beside its own context. */
public record RequestServices(ExtensionContext node, SessionValues sessions, Redirects redirects, Links links) {}
