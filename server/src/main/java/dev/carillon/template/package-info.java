/** URI Templates (RFC 6570) as selectors of topics: their grammar, matching one topic, and finding those of many that match. */
@NullMarked
package dev.carillon.template;

import org.jspecify.annotations.NullMarked;
