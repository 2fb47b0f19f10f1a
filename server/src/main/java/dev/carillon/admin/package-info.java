/**
 * The operators' face: health, for proxies on the main port and for orchestrators on the admin port, metrics, and what operators do to
 * the cluster; and the internal port, whose calls it hands to {@code cluster}. What it needs of the node it asks for by {@link
 * dev.carillon.admin.NodeStatus}. May use {@code http} and {@code cluster}.
 */
@NullMarked
package dev.carillon.admin;

import org.jspecify.annotations.NullMarked;
