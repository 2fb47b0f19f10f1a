/** Restarts the nodes of a running cluster one after another, by requests to their admin ports. Uses {@code cli.base}. */
@NullMarked
package dev.carillon.cli.roll;

import org.jspecify.annotations.NullMarked;
