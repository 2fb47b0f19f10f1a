/**
 * The operators' face: health, for proxies on the main port and for orchestrators on the admin port, and metrics. What it needs
 * of the node it asks for by {@link dev.carillon.admin.NodeStatus}. May use {@code http}.
 */
@NullMarked
package dev.carillon.admin;

import org.jspecify.annotations.NullMarked;
