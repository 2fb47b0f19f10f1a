package dev.carillon.page.context;

import dev.carillon.page.event.PageEvents;
import dev.carillon.page.view.TenantPages;

/** What the contexts of a tenant share. */
record TenantParts(TenantPages pages, PageEvents events) {}
