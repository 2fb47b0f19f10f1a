/**
 * The light show: every phone of a hall is a light, and a stage tells all of them, or some, what to show. It has two pages and one
 * handler; what lights up whom is broadcasts to topics. Handlers run on I/O threads, the count on a timer of its own.
 */
@NullMarked
package dev.carillon.examples.lightshow;

import org.jspecify.annotations.NullMarked;
