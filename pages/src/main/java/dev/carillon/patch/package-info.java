/** Changes of an open page, independent of the script that applies them, and their forms for Turbo and Datastar. Uses no other package; never blocks. */
@NullMarked
package dev.carillon.patch;

import org.jspecify.annotations.NullMarked;
