/** The requests of an application: pages, their streams, and actions, also those passed on by other nodes. Uses {@code page.context}. Runs on virtual threads. */
@NullMarked
package dev.carillon.page.http;

import org.jspecify.annotations.NullMarked;
