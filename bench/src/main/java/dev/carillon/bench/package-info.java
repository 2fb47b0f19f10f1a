/**
 * Measuring: a fleet of clients of event streams that behave like browsers and tell all they see, the cost of processes, pictures. It
 * knows the protocol and none of the server's code. A fleet runs on a thread of its own, on which its observer is called.
 */
@NullMarked
package dev.carillon.bench;

import org.jspecify.annotations.NullMarked;
