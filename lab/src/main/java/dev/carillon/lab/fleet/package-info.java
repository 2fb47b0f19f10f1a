/**
 * The fleet: thousands of event-stream clients that behave like browsers and report all that they receive. It runs on a thread of its own, on
 * which it calls its observer. It uses no code of the server and no other package of the project.
 */
@NullMarked
package dev.carillon.lab.fleet;

import org.jspecify.annotations.NullMarked;
