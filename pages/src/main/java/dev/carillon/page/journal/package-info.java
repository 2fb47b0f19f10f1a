/**
 * What outlives the node of a page: the journal of each context in the store, and the ids of its actions. The revision of a journal says who owns the
 * context. Uses the public packages of the server only. Never blocks, except where a method says so.
 */
@NullMarked
package dev.carillon.page.journal;

import org.jspecify.annotations.NullMarked;
