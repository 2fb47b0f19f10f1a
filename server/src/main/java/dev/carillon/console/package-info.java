/**
 * The console of operators on the admin port: samples of this node in bounded rings, what happened to it, the views of all nodes once a second while a console is
 * open, the streams that carry them, sign-in, and the page. Uses {@code admin} and what that uses. Samples are taken on the node's timer thread; streams are written
 * on the I/O thread of the admin port.
 */
@NullMarked
package dev.carillon.console;

import org.jspecify.annotations.NullMarked;
