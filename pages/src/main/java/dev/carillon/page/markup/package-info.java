/** The elements and attributes by which a page belongs to the script in the browser: Turbo or Datastar. Immutable; never blocks. */
@NullMarked
package dev.carillon.page.markup;

import org.jspecify.annotations.NullMarked;
