/**
 * The light show example: every phone in a hall is a light, and a stage sets the colour of all or of some groups. It consists of pages and one
 * handler; the stage broadcasts to topics. Handlers run on virtual threads, the count on a timer thread.
 */
@NullMarked
package dev.carillon.examples.lightshow;

import org.jspecify.annotations.NullMarked;
