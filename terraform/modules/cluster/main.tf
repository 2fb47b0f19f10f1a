# Each machine has two resources. `…_machine` is its identity: another SSH address or host key is another machine, and only its removal
# runs the provisioner that uninstalls. `…` is what is installed: a change replaces the resource in the state, which runs its create-time
# provisioners again, on the machine as it is. Nothing restarts a node but `rollout`.

locals {
  reserved_settings = [
    "node-id", "host", "port", "admin-host", "admin-port", "internal-host", "internal-port", "advertise", "trusted-proxies",
    "drain-notice", "drain-timeout", "broker", "secret", "jwt-key", "jwt-key-additional", "operator-token",
  ]

  machines = merge(
    { for name, node in var.nodes : name => merge(node, { address = coalesce(node.address, node.host) }) },
    var.broker.managed ? {} : { broker = { host = var.broker.host, port = var.broker.port, user = var.broker.user, host_key = var.broker.host_key, address = coalesce(var.broker.address, var.broker.host) } },
    var.proxy == null ? {} : { proxy = { host = var.proxy.host, port = var.proxy.port, user = var.proxy.user, host_key = var.proxy.host_key, address = coalesce(var.proxy.address, var.proxy.host) } },
  )
  # As scripts/cluster.sh reads it: name, host, port, user, host key, address. No field can contain the separator.
  lines = {
    for name, machine in local.machines : name =>
    join("|", [name, machine.host, machine.port, coalesce(machine.user, var.ssh.user), machine.host_key, machine.address])
  }
  ssh = {
    CLUSTER_KEY_FILE = coalesce(var.ssh.private_key_file, "none")
    CLUSTER_TIMEOUT  = tostring(var.ssh.connect_timeout)
    CLUSTER_SUDO     = tostring(var.use_sudo)
    CLUSTER_JUMP = var.ssh.jump == null ? "none" : join("|", [
      "jump", var.ssh.jump.host, var.ssh.jump.port, coalesce(var.ssh.jump.user, var.ssh.user), var.ssh.jump.host_key, "-",
    ])
  }
  # Only what the provisioners at destroy need, because it is kept in the state.
  connections = { for name, line in local.lines : name => merge(local.ssh, { CLUSTER_MACHINES = line }) }
  identities  = { for name, machine in local.machines : name => [machine.host, tostring(machine.port), machine.host_key] }

  broker_address = var.broker.managed ? null : local.machines.broker.address
  proxy_secure   = var.proxy == null ? false : var.proxy.tls != null || var.proxy.domain != null
  proxy_port     = var.proxy == null ? null : coalesce(var.proxy.listen_port, local.proxy_secure ? 443 : 80)

  trusted_proxies = concat(var.proxy == null ? [] : [local.machines.proxy.address], var.trusted_proxies)
  settings = {
    for name, node in var.nodes : name => merge(
      local.proxy_secure ? { secure-cookie = "true" } : {},
      length(local.trusted_proxies) == 0 ? {} : { trusted-proxies = join(",", local.trusted_proxies) },
      var.settings,
      node.settings,
      {
        node-id       = name
        host          = local.machines[name].address
        port          = tostring(var.ports.client)
        admin-port    = tostring(var.ports.admin)
        internal-host = local.machines[name].address
        internal-port = tostring(var.ports.internal)
        drain-notice  = "${var.drain.notice}s"
        drain-timeout = "${var.drain.timeout}s"
      },
    )
  }
  properties = {
    for name, settings in local.settings : name =>
    join("\n", [for key, value in settings : "${key}=${replace(value, "\\", "\\\\")}"])
  }
  # For systemd, beside the unit of the release.
  overrides = {
    for name, node in var.nodes : name => join("\n", concat(
      ["[Service]", "LimitNOFILE=${var.limit_nofile}", "TimeoutStopSec=${var.drain.timeout + 60}"],
      !var.lightshow ? [] : ["ExecStart=", "ExecStart=/opt/carillon/bin/carillon serve --config /etc/carillon/carillon.properties --lightshow"],
      node.java_options == "" ? [] : ["Environment=\"CARILLON_JAVA_OPTS=${node.java_options}\""],
    ))
  }
  # What a node runs. The scripts write it on the machine when the node was ready with it.
  fingerprints = {
    for name in keys(var.nodes) : name => sha256(jsonencode([
      var.release.sha256, local.properties[name], local.overrides[name], var.secrets_version, local.broker_address,
    ]))
  }
  node_urls = [for name in keys(var.nodes) : "http://${length(regexall(":", local.machines[name].address)) > 0 ? "[${local.machines[name].address}]" : local.machines[name].address}:${var.ports.client}"]
  # exec: Terraform kills the process that it started when an apply is interrupted.
  script = "exec sh '${path.module}/scripts/cluster.sh'"
}

resource "terraform_data" "broker_machine" {
  count            = var.broker.managed ? 0 : 1
  triggers_replace = local.identities.broker
  input            = merge(local.connections.broker, { CLUSTER_KEEP_DATA = tostring(var.broker.keep_data) })

  provisioner "local-exec" {
    when        = destroy
    quiet       = true
    command     = "exec sh '${path.module}/scripts/cluster.sh' remove-broker"
    environment = self.input
  }
}

resource "terraform_data" "broker" {
  count = var.broker.managed ? 0 : 1
  triggers_replace = {
    machine = terraform_data.broker_machine[0].id
    secrets = var.secrets_version
    package = [var.broker.install, var.broker.version, [for package in var.broker.packages : package.sha256]]
    config  = [local.machines.broker.address, var.broker.maxmemory]
  }

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} install-package"
    environment = merge(local.connections.broker, {
      CLUSTER_INSTALL  = var.broker.install
      CLUSTER_PACKAGE  = "redis-server"
      CLUSTER_VERSION  = coalesce(var.broker.version, "any")
      CLUSTER_PACKAGES = join("\n", [for package in var.broker.packages : pathexpand(package.file)])
    })
  }

  # Terraform prints no output of a provisioner that has ephemeral values, unless it fails.
  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} configure-broker"
    environment = merge(local.connections.broker, {
      CLUSTER_MAXMEMORY        = coalesce(var.broker.maxmemory, "0")
      CLUSTER_BROKER_PASSWORDS = join(" ", var.secrets.broker_passwords)
    })
  }
}

resource "terraform_data" "machine" {
  for_each         = var.nodes
  triggers_replace = local.identities[each.key]
  input            = local.connections[each.key]
  # At destroy, nodes leave before their broker.
  depends_on = [terraform_data.broker_machine]

  # Drains the node.
  provisioner "local-exec" {
    when        = destroy
    quiet       = true
    command     = "exec sh '${path.module}/scripts/cluster.sh' remove-node"
    environment = self.input
  }
}

# Puts release, settings and secrets of a node beside those that it runs with. The nodes are staged in parallel.
resource "terraform_data" "node" {
  for_each = var.nodes
  triggers_replace = {
    machine     = terraform_data.machine[each.key].id
    fingerprint = local.fingerprints[each.key]
  }

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} stage-node"
    environment = merge(local.connections[each.key], {
      CLUSTER_VERSION    = var.release.version
      CLUSTER_SHA256     = var.release.sha256
      CLUSTER_FILE       = pathexpand(coalesce(var.release.file, "none"))
      CLUSTER_URL        = coalesce(var.release.url, "none")
      CLUSTER_PROPERTIES = local.properties[each.key]
      CLUSTER_OVERRIDE   = local.overrides[each.key]
    })
  }

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} stage-secrets"
    environment = merge(local.connections[each.key], {
      CLUSTER_FINGERPRINT        = local.fingerprints[each.key]
      CLUSTER_JWT_KEY            = var.secrets.jwt_key
      CLUSTER_JWT_KEY_ADDITIONAL = coalesce(var.secrets.jwt_key_additional, "none")
      CLUSTER_SECRET             = join(",", var.secrets.secret)
      CLUSTER_OPERATOR_TOKEN     = coalesce(var.secrets.operator_token, "none")
      CLUSTER_BROKER_URL         = var.broker.managed ? var.secrets.broker_url : "redis://carillon:${var.secrets.broker_passwords[0]}@${length(regexall(":", local.broker_address)) > 0 ? "[${local.broker_address}]" : local.broker_address}:6379"
    })
  }
}

# Starts the nodes with what was staged, one after the other; see scripts/cluster.sh.
resource "terraform_data" "rollout" {
  triggers_replace = {
    broker = terraform_data.broker[*].id
    nodes  = { for name, node in terraform_data.node : name => node.id }
  }
  depends_on = [terraform_data.broker]

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} roll"
    environment = merge(local.ssh, {
      CLUSTER_MACHINES       = join("\n", [for name in keys(var.nodes) : local.lines[name]])
      CLUSTER_FINGERPRINTS   = join("\n", [for name, fingerprint in local.fingerprints : "${name} ${fingerprint}"])
      CLUSTER_ADMIN_PORT     = tostring(var.ports.admin)
      CLUSTER_READY_TIMEOUT  = tostring(var.ready_timeout)
      CLUSTER_CANARY         = var.canary == null ? "none" : var.canary.node
      CLUSTER_CANARY_SECONDS = var.canary == null ? "0" : tostring(var.canary.seconds)
      CLUSTER_CANARY_LIMITS  = var.canary == null ? "0 1 1" : "${var.canary.errors} ${var.canary.p99_factor} ${var.canary.rss_factor}"
    })
  }
}

resource "terraform_data" "proxy_machine" {
  count            = var.proxy == null ? 0 : 1
  triggers_replace = concat(local.identities.proxy, [var.proxy.kind])
  input            = merge(local.connections.proxy, { CLUSTER_KIND = var.proxy.kind })

  provisioner "local-exec" {
    when        = destroy
    quiet       = true
    command     = "exec sh '${path.module}/scripts/cluster.sh' remove-proxy"
    environment = self.input
  }
}

# Open streams survive the reload of a proxy with another list of nodes.
resource "terraform_data" "proxy" {
  count = var.proxy == null ? 0 : 1
  triggers_replace = {
    machine = terraform_data.proxy_machine[0].id
    release = var.release.sha256
    nodes   = local.node_urls
    package = [var.proxy.install, var.proxy.version, [for package in var.proxy.packages : package.sha256]]
    config  = [local.proxy_port, local.machines.proxy.address, var.proxy.tls, var.proxy.domain, var.proxy.max_connections, var.drain.notice]
  }
  depends_on = [terraform_data.rollout]

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} install-package"
    environment = merge(local.connections.proxy, {
      CLUSTER_INSTALL  = var.proxy.install
      CLUSTER_PACKAGE  = var.proxy.kind
      CLUSTER_VERSION  = coalesce(var.proxy.version, "any")
      CLUSTER_PACKAGES = join("\n", [for package in var.proxy.packages : pathexpand(package.file)])
    })
  }

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} configure-proxy"
    environment = merge(local.ssh, {
      # A node writes the configuration, as it has the release.
      CLUSTER_MACHINES        = join("\n", concat([local.lines.proxy], [for name in keys(var.nodes) : local.lines[name]]))
      CLUSTER_KIND            = var.proxy.kind
      CLUSTER_PORT            = tostring(local.proxy_port)
      CLUSTER_SECURE          = tostring(local.proxy_secure)
      CLUSTER_MAX_CONNECTIONS = tostring(var.proxy.max_connections)
      CLUSTER_OPTIONS = join(" ", concat(
        [for url in local.node_urls : "--node ${url}"],
        ["--port ${local.proxy_port}", "--drain-notice ${var.drain.notice}s", "--max-connections ${var.proxy.max_connections}"],
        var.proxy.tls == null ? [] : ["--tls-certificate ${var.proxy.tls.certificate}", "--tls-key ${var.proxy.tls.key}"],
        var.proxy.domain == null ? [] : ["--domain ${var.proxy.domain}"],
      ))
    })
  }
}

resource "terraform_data" "ready" {
  triggers_replace = {
    rollout = terraform_data.rollout.id
    proxy   = terraform_data.proxy[*].id
  }

  provisioner "local-exec" {
    quiet   = true
    command = "${local.script} check"
    environment = merge(local.ssh, {
      CLUSTER_MACHINES      = join("\n", [for name in keys(var.nodes) : local.lines[name]])
      CLUSTER_ADMIN_PORT    = tostring(var.ports.admin)
      CLUSTER_READY_TIMEOUT = tostring(var.ready_timeout)
    })
  }
}
