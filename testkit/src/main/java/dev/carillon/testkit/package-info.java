/**
 * Shared by the tests of all modules: the deadline of every await, fuzzing, certificates, a browser, and clients that see every byte of a stream.
 * Broker servers, relays and child processes are in {@code process}, which the lab uses, too; it is the only package of the project that this one
 * uses.
 */
@NullMarked
package dev.carillon.testkit;

import org.jspecify.annotations.NullMarked;
