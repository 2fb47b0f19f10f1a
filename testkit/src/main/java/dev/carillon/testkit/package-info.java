/** What the tests of all modules share. Uses no other package of the project. */
@NullMarked
package dev.carillon.testkit;

import org.jspecify.annotations.NullMarked;
