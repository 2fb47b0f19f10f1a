/** What goes to those who listen on this node. Knows no HTTP. */
@NullMarked
package dev.carillon.delivery;

import org.jspecify.annotations.NullMarked;
