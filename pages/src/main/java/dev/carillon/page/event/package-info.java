/**
 * Events of the cluster for the code of pages: one subscription of a node for each scope in use, however many contexts are in it. Uses the public
 * packages of the server only. Joining blocks.
 */
@NullMarked
package dev.carillon.page.event;

import org.jspecify.annotations.NullMarked;
