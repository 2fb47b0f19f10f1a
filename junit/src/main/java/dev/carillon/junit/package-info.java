/**
 * Nodes in memory for the tests of applications: their life in JUnit, a record of what is broadcast with assertions on it, tokens, and a clock that tests
 * advance. Uses the public packages of the server only. The record is written on threads of the broker; assertions wait on the thread of the test.
 */
@NullMarked
package dev.carillon.junit;

import org.jspecify.annotations.NullMarked;
