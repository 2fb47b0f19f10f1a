/**
 * Writes configuration files of other proxies (HAProxy, Caddy, nginx, Traefik) for nodes of a cluster: pure text from a {@link
 * dev.carillon.proxy.files.Site}. Runs on any thread.
 */
@NullMarked
package dev.carillon.proxy.files;

import org.jspecify.annotations.NullMarked;
