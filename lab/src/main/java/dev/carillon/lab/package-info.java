/**
 * What can be measured and broken on one machine: see the packages below. Here is only the exception that ends a run. Threads are those of
 * the caller where nothing else is said.
 */
@NullMarked
package dev.carillon.lab;

import org.jspecify.annotations.NullMarked;
