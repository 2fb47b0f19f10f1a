/**
 * The routes for operators and other nodes: health for proxies and orchestrators, metrics, disconnecting a context, and the internal port, whose
 * calls go to {@code cluster}. The node provides its state as {@link dev.carillon.admin.NodeStatus}. Uses {@code http} and {@code cluster}.
 */
@NullMarked
package dev.carillon.admin;

import org.jspecify.annotations.NullMarked;
