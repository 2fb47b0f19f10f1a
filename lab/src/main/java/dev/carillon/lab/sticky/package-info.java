/**
 * Measures actions of live pages that reach the node of their tab, or another one. The nodes run in a process of their own; the tabs are simulated here, on
 * virtual threads that block. Uses {@code lab.cluster} and live pages.
 */
@NullMarked
package dev.carillon.lab.sticky;

import org.jspecify.annotations.NullMarked;
