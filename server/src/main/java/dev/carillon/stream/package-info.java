/**
 * The native endpoint: {@code GET /events}, {@code GET /ws}, {@code POST /broadcast} and {@code GET /history}; and {@code GET
 * /openapi.yaml}, which describes all routes for clients. It translates requests; other packages decide. Uses {@code transport}, {@code broadcast} and {@code delivery}. Handlers run on I/O threads and must not block.
 */
@NullMarked
package dev.carillon.stream;

import org.jspecify.annotations.NullMarked;
