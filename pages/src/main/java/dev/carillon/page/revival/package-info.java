/** Contexts that come from other nodes or from the journal, and those that other nodes ask for. Uses {@code page.context}. Runs on virtual threads and blocks. */
@NullMarked
package dev.carillon.page.revival;

import org.jspecify.annotations.NullMarked;
