/** Live pages on nodes that fail. */
@NullMarked
package dev.carillon.cli.pages;

import org.jspecify.annotations.NullMarked;
