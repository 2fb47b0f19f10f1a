/** Annotations for pages that are classes, a thin layer over {@link dev.carillon.page.Page}. */
@NullMarked
package dev.carillon.page.annotation;

import org.jspecify.annotations.NullMarked;
