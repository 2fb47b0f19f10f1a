output "url" {
  description = "Where clients reach the cluster: the proxy, or null without one."
  value       = var.proxy == null ? null : "${local.proxy_secure ? "https" : "http"}://${coalesce(var.proxy.domain, var.proxy.host)}${contains(local.proxy_secure ? [443] : [80], local.proxy_port) ? "" : ":${local.proxy_port}"}"
}

output "nodes" {
  description = "By node: `url` for proxies, `internal` for the other nodes, `release` that it runs."
  value = {
    for i, name in keys(var.nodes) : name => {
      url      = local.node_urls[i]
      internal = "${local.machines[name].address}:${var.ports.internal}"
      release  = var.release.version
    }
  }
  depends_on = [terraform_data.rollout]
}

output "admin" {
  description = "By node: `url` of the admin port, which listens on loopback, and the command `tunnel` that makes it reachable there."
  value = {
    for i, name in keys(var.nodes) : name => {
      url = "http://127.0.0.1:${var.ports.admin + i}"
      tunnel = join(" ", compact([
        "ssh -N -L ${var.ports.admin + i}:127.0.0.1:${var.ports.admin}",
        var.ssh.private_key_file == null ? "" : "-i ${var.ssh.private_key_file}",
        var.ssh.jump == null ? "" : "-J ${coalesce(var.ssh.jump.user, var.ssh.user)}@${var.ssh.jump.host}:${var.ssh.jump.port}",
        "-p ${var.nodes[name].port} ${coalesce(var.nodes[name].user, var.ssh.user)}@${var.nodes[name].host}",
      ]))
    }
  }
}

output "broker" {
  description = "Address of the Redis that the module installed, without its password; null: a managed one."
  value       = var.broker.managed ? null : "${local.broker_address}:6379"
}

output "ready" {
  description = "True when all nodes have answered that they are ready and reach each other. After an apply that failed, the outputs are still those of the last one that succeeded: look at the exit status."
  value       = terraform_data.ready.id != ""
}
