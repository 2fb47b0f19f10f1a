/**
 * The fleet: thousands of clients of event streams that behave like browsers and report all they receive. It runs on a thread of its own, on
 * which its observer is called. Knows the protocol and none of the server's code; uses no other package of the project.
 */
@NullMarked
package dev.carillon.lab.fleet;

import org.jspecify.annotations.NullMarked;
