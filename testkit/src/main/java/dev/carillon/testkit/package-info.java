/**
 * What the tests of all modules share: the deadline of every await, fuzzing in a process of its own, certificates, and clients that see every
 * byte of a stream. Broker servers, links and child processes for tests are in {@code process}, which the lab uses, too. Uses only that
 * package of the project.
 */
@NullMarked
package dev.carillon.testkit;

import org.jspecify.annotations.NullMarked;
