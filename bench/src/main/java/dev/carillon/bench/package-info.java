/**
 * Measuring and accounting: a fleet of clients of event streams that behave like browsers and tell all they see, broadcasters, the ledger
 * of a run and what is wrong in it, real brokers and the links to them, the cost of processes, pictures. It knows the protocol and none of
 * the server's code. A fleet runs on a thread of its own, on which its observer is called.
 */
@NullMarked
package dev.carillon.bench;

import org.jspecify.annotations.NullMarked;
