/**
 * Rehearsals of a deployed cluster: users with cookies, TLS and HTTP/2 who keep an event stream open, reconnect, and make ordinary requests beside
 * it. Each user has two virtual threads and a connection of its own. Uses no other package of the lab.
 */
@NullMarked
package dev.carillon.lab.rehearse;

import org.jspecify.annotations.NullMarked;
