/** Traces of the code of pages, in development mode alone: what it read, wrote, rendered and sent. In production nothing here is created, and each place that would note something finds no trace. Uses no other package. */
@NullMarked
package dev.carillon.page.trace;

import org.jspecify.annotations.NullMarked;
