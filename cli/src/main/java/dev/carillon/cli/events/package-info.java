/** What happened to an event, and events as they pass, by requests to the admin port of a node. Uses {@code cli.base}. */
@NullMarked
package dev.carillon.cli.events;

import org.jspecify.annotations.NullMarked;
