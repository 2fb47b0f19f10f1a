/**
 * What a client of a cluster would meet on its way there: one check per file, each with what to do. Uses {@code cli.base} and {@code cli.token}. Every request has a
 * time limit, and so has the whole run.
 */
@NullMarked
package dev.carillon.cli.doctor;

import org.jspecify.annotations.NullMarked;
