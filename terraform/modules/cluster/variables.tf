variable "nodes" {
  description = "Machines of the nodes, by node name. `host`: name or address for SSH; `host_key`: its public SSH host key, as in `/etc/ssh/ssh_host_ed25519_key.pub` without the comment; `address`: address at which proxy and other nodes reach it, default `host`; `user`, `port`: for SSH; `settings`: of this node only; `java_options`: such as `-Xmx1g`."
  type = map(object({
    host         = string
    host_key     = string
    address      = optional(string)
    user         = optional(string)
    port         = optional(number, 22)
    settings     = optional(map(string), {})
    java_options = optional(string, "")
  }))

  validation {
    condition     = length(var.nodes) >= 1 && length(var.nodes) <= 64
    error_message = "nodes: ${length(var.nodes)}: must have 1 to 64 machines."
  }
  validation {
    condition     = alltrue([for name in keys(var.nodes) : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", name)) && !contains(["broker", "proxy", "jump"], name)])
    error_message = "nodes: ${join(", ", [for name in keys(var.nodes) : name if !can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", name)) || contains(["broker", "proxy", "jump"], name)])}: a name must be 1 to 63 of A-Z a-z 0-9 . _ -, begin with a letter or digit, and not be broker, proxy or jump."
  }
  validation {
    condition     = alltrue([for node in var.nodes : can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", node.host)) && can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", coalesce(node.address, node.host)))])
    error_message = "nodes: ${join(", ", [for name, node in var.nodes : name if !can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", node.host)) || !can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", coalesce(node.address, node.host)))])}: host and address must be a host name or an IP address, without a user or a port."
  }
  validation {
    condition     = alltrue([for node in var.nodes : can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$", node.host_key))])
    error_message = "nodes: ${join(", ", [for name, node in var.nodes : name if !can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$", node.host_key))])}: host_key must be a public key without a comment, such as ssh-ed25519 AAAA…: read it at the machine's console, not over the network."
  }
  validation {
    condition     = alltrue([for node in var.nodes : node.port >= 1 && node.port <= 65535 && floor(node.port) == node.port])
    error_message = "nodes: ${join(", ", [for name, node in var.nodes : "${name}: ${node.port}" if node.port < 1 || node.port > 65535 || floor(node.port) != node.port])}: port must be from 1 to 65535."
  }
  validation {
    condition     = length(distinct([for node in var.nodes : coalesce(node.address, node.host)])) == length(var.nodes)
    error_message = "nodes: two nodes have the same address: ${join(", ", [for name, node in var.nodes : "${name} ${coalesce(node.address, node.host)}"])}."
  }
  validation {
    condition     = alltrue(flatten([for node in var.nodes : [for key, value in node.settings : !contains(local.reserved_settings, key) && can(regex("^[a-z][a-z0-9-]*$", key)) && !can(regex("[\\r\\n]", value))]]))
    error_message = "nodes: settings: ${join(", ", flatten([for name, node in var.nodes : [for key, value in node.settings : "${name} ${key}" if contains(local.reserved_settings, key) || !can(regex("^[a-z][a-z0-9-]*$", key)) || can(regex("[\\r\\n]", value))]]))}: must be a setting of one line that the module does not make itself; secrets go into secrets. The module makes ${join(", ", local.reserved_settings)}."
  }
  validation {
    condition     = alltrue([for node in var.nodes : can(regex("^[A-Za-z0-9 .:=+/,_@-]*$", node.java_options))])
    error_message = "nodes: ${join(", ", [for name, node in var.nodes : name if !can(regex("^[A-Za-z0-9 .:=+/,_@-]*$", node.java_options))])}: java_options must be options separated by blanks, without quotes."
  }
}

variable "release" {
  description = "The archive of Carillon that `./carillon dist` makes, with its checksum. `file`: on the machine that runs Terraform; or `url`: each node downloads it with curl or wget. `sha256`: the pinned checksum."
  type = object({
    version = string
    sha256  = string
    file    = optional(string)
    url     = optional(string)
  })

  validation {
    condition     = can(regex("^[0-9][A-Za-z0-9.+-]*$", var.release.version))
    error_message = "release: version: ${var.release.version}: must be a version such as 0.1.0."
  }
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.release.sha256))
    error_message = "release: sha256: ${var.release.sha256}: must be 64 hexadecimal digits, as in the .sha256 file beside the archive."
  }
  validation {
    condition     = (var.release.file == null) != (var.release.url == null)
    error_message = "release: must have either file or url."
  }
  validation {
    condition     = var.release.file == null ? true : fileexists(var.release.file)
    error_message = "release: file: ${coalesce(var.release.file, "-")}: does not exist on the machine that runs Terraform."
  }
  validation {
    condition     = var.release.file == null ? true : !fileexists(var.release.file) ? true : filesha256(var.release.file) == var.release.sha256
    error_message = "release: file: ${coalesce(var.release.file, "-")}: its SHA-256 is not ${var.release.sha256}."
  }
  validation {
    condition     = var.release.url == null ? true : can(regex("^https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+$", var.release.url))
    error_message = "release: url: ${coalesce(var.release.url, "-")}: must begin with https://."
  }
}

variable "broker" {
  description = "The broker. With `host` Redis is installed on that machine, with the fields of a node; `install`: `apt` from the machine's package sources, `files` from `packages` without a network, `none` if redis-server is there; `version`: pins the package for `apt`; `maxmemory`: of Redis, such as `1gb`; `keep_data`: whether destroy leaves `/var/lib/redis`. With `managed = true` nothing is installed, and `secrets.broker_url` has the address."
  type = object({
    managed   = optional(bool, false)
    host      = optional(string)
    host_key  = optional(string)
    address   = optional(string)
    user      = optional(string)
    port      = optional(number, 22)
    install   = optional(string, "apt")
    version   = optional(string)
    packages  = optional(list(object({ file = string, sha256 = string })), [])
    maxmemory = optional(string)
    keep_data = optional(bool, true)
  })

  validation {
    condition     = var.broker.managed == (var.broker.host == null)
    error_message = "broker: must have either host, or managed = true."
  }
  validation {
    condition     = var.broker.host == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", var.broker.host)) && can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", coalesce(var.broker.address, var.broker.host)))
    error_message = "broker: host and address must be a host name or an IP address, without a user or a port."
  }
  validation {
    condition     = var.broker.host == null ? true : can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$", var.broker.host_key))
    error_message = "broker: host_key must be a public key without a comment, such as ssh-ed25519 AAAA…: read it at the machine's console, not over the network."
  }
  validation {
    condition     = contains(["apt", "files", "none"], var.broker.install) && (var.broker.install == "files") == (length(var.broker.packages) > 0)
    error_message = "broker: install: ${var.broker.install}: must be apt, files or none; packages belong to files."
  }
  validation {
    condition     = alltrue([for package in var.broker.packages : fileexists(package.file) ? filesha256(package.file) == package.sha256 : false])
    error_message = "broker: packages: ${join(", ", [for package in var.broker.packages : package.file if fileexists(package.file) ? filesha256(package.file) != package.sha256 : true])}: must exist on the machine that runs Terraform, with the given sha256."
  }
  validation {
    condition     = var.broker.maxmemory == null ? true : can(regex("^[0-9]+(kb|mb|gb)?$", var.broker.maxmemory))
    error_message = "broker: maxmemory: ${coalesce(var.broker.maxmemory, "-")}: must be a size of Redis, such as 512mb or 1gb."
  }
  validation {
    condition     = var.broker.version == null ? true : can(regex("^[0-9A-Za-z.+~:-]+$", var.broker.version))
    error_message = "broker: version: ${coalesce(var.broker.version, "-")}: must be the version of a package."
  }
}

variable "proxy" {
  description = "The proxy in front of the nodes, with the fields of a node; null: none is installed. `kind`: `haproxy` or `caddy`; `install`, `version`, `packages`: as for the broker; `listen_port`: for clients, default 80, with TLS 443; `tls`: files of a certificate and its key that are on the machine (HAProxy: `X.crt` and `X.crt.key`, or the same file); `domain`: public name for which Caddy obtains a certificate; `max_connections`: of clients."
  type = object({
    kind            = optional(string, "haproxy")
    host            = string
    host_key        = string
    address         = optional(string)
    user            = optional(string)
    port            = optional(number, 22)
    install         = optional(string, "apt")
    version         = optional(string)
    packages        = optional(list(object({ file = string, sha256 = string })), [])
    listen_port     = optional(number)
    tls             = optional(object({ certificate = string, key = string }))
    domain          = optional(string)
    max_connections = optional(number, 20000)
  })
  default = null

  validation {
    condition     = var.proxy == null ? true : contains(["haproxy", "caddy"], var.proxy.kind)
    error_message = "proxy: kind: ${try(var.proxy.kind, "-")}: must be haproxy or caddy."
  }
  validation {
    condition     = var.proxy == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", var.proxy.host)) && can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", coalesce(var.proxy.address, var.proxy.host)))
    error_message = "proxy: host and address must be a host name or an IP address, without a user or a port."
  }
  validation {
    condition     = var.proxy == null ? true : can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$", var.proxy.host_key))
    error_message = "proxy: host_key must be a public key without a comment, such as ssh-ed25519 AAAA…: read it at the machine's console, not over the network."
  }
  validation {
    condition     = var.proxy == null ? true : contains(["apt", "files", "none"], var.proxy.install) && (var.proxy.install == "files") == (length(var.proxy.packages) > 0)
    error_message = "proxy: install: ${try(var.proxy.install, "-")}: must be apt, files or none; packages belong to files."
  }
  validation {
    condition     = var.proxy == null ? true : alltrue([for package in var.proxy.packages : fileexists(package.file) ? filesha256(package.file) == package.sha256 : false])
    error_message = "proxy: packages: ${join(", ", [for package in try(var.proxy.packages, []) : package.file if fileexists(package.file) ? filesha256(package.file) != package.sha256 : true])}: must exist on the machine that runs Terraform, with the given sha256."
  }
  validation {
    condition     = var.proxy == null ? true : var.proxy.domain == null || (var.proxy.kind == "caddy" && var.proxy.tls == null)
    error_message = "proxy: domain: ${try(coalesce(var.proxy.domain, "-"), "-")}: only caddy obtains certificates, and then tls must not be set."
  }
  validation {
    condition     = var.proxy == null ? true : alltrue([for text in compact([try(var.proxy.tls.certificate, ""), try(var.proxy.tls.key, "")]) : can(regex("^/[A-Za-z0-9._/-]+$", text))]) && (var.proxy.domain == null ? true : can(regex("^[A-Za-z0-9.-]+$", var.proxy.domain)))
    error_message = "proxy: tls must have absolute paths of files on the machine of the proxy; domain must be a DNS name."
  }
  validation {
    condition     = var.proxy == null ? true : var.proxy.max_connections >= 1 && var.proxy.max_connections <= 1000000 && try(var.proxy.listen_port >= 1 && var.proxy.listen_port <= 65535, var.proxy.listen_port == null)
    error_message = "proxy: listen_port must be from 1 to 65535, max_connections from 1 to 1000000."
  }
  validation {
    condition     = var.proxy == null ? true : var.proxy.version == null ? true : can(regex("^[0-9A-Za-z.+~:-]+$", var.proxy.version))
    error_message = "proxy: version: ${try(coalesce(var.proxy.version, "-"), "-")}: must be the version of a package."
  }
}

variable "secrets" {
  description = "Secrets of the cluster; never in plan or state. `jwt_key`: verifies tokens; `jwt_key_additional`: a second such key, while it is being replaced; `secret`: the first signs cookies and calls between nodes, all verify; `broker_passwords`: of the Redis that the module installs: nodes use the first, Redis accepts all; `broker_url`: of a managed broker, with its password; `operator_token`: for the admin ports. After a change raise `secrets_version`."
  type = object({
    jwt_key            = string
    jwt_key_additional = optional(string)
    secret             = list(string)
    broker_passwords   = optional(list(string), [])
    broker_url         = optional(string)
    operator_token     = optional(string)
  })
  ephemeral = true

  validation {
    condition     = can(regex("^-----BEGIN ", var.secrets.jwt_key)) || length(var.secrets.jwt_key) >= 32
    error_message = "secrets: jwt_key: must have at least 32 characters, or be a public key in PEM."
  }
  validation {
    condition     = var.secrets.jwt_key_additional == null ? true : can(regex("^-----BEGIN ", var.secrets.jwt_key_additional)) || length(var.secrets.jwt_key_additional) >= 32
    error_message = "secrets: jwt_key_additional: must have at least 32 characters, or be a public key in PEM."
  }
  validation {
    condition     = length(var.secrets.secret) >= 1 && alltrue([for text in var.secrets.secret : length(text) >= 16 && !can(regex(",", text))])
    error_message = "secrets: secret: must be a list of texts of at least 16 characters, without commas."
  }
  validation {
    condition     = var.broker.managed ? var.secrets.broker_url != null && length(var.secrets.broker_passwords) == 0 : var.secrets.broker_url == null && length(var.secrets.broker_passwords) >= 1
    error_message = "secrets: broker_url belongs to a managed broker, and broker_passwords to one that the module installs."
  }
  validation {
    condition     = var.secrets.broker_url == null ? true : can(regex("^(redis|rediss|nats|tls)://[^\\s]+$", var.secrets.broker_url))
    error_message = "secrets: broker_url: must begin with redis://, rediss://, nats:// or tls://."
  }
  validation {
    condition     = alltrue([for text in var.secrets.broker_passwords : can(regex("^[A-Za-z0-9_-]{16,}$", text))])
    error_message = "secrets: broker_passwords: must be texts of at least 16 of A-Z a-z 0-9 _ -."
  }
  validation {
    condition     = var.secrets.operator_token == null ? true : length(var.secrets.operator_token) >= 32
    error_message = "secrets: operator_token: must have at least 32 characters."
  }
  validation {
    condition     = alltrue([for text in concat([var.secrets.jwt_key], var.secrets.secret, [for text in [var.secrets.jwt_key_additional, var.secrets.broker_url, var.secrets.operator_token] : text if text != null]) : !can(regex("['\\x00]", text)) && !can(regex("^\\s|[^\\n\\S]$", text))])
    error_message = "secrets: must have no apostrophes, and no blanks at their begin and end."
  }
}

variable "secrets_version" {
  description = "Number of this set of secrets. Terraform does not keep secrets, so it sees a change only by this number: raise it with each."
  type        = number

  validation {
    condition     = var.secrets_version >= 1 && floor(var.secrets_version) == var.secrets_version
    error_message = "secrets_version: ${var.secrets_version}: must be a whole number, 1 or more."
  }
}

variable "settings" {
  description = "Settings of all nodes, as in docs/settings.md, without the leading dashes."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.settings : !contains(local.reserved_settings, key) && can(regex("^[a-z][a-z0-9-]*$", key)) && !can(regex("[\\r\\n]", value))])
    error_message = "settings: ${join(", ", [for key, value in var.settings : key if contains(local.reserved_settings, key) || !can(regex("^[a-z][a-z0-9-]*$", key)) || can(regex("[\\r\\n]", value))])}: must be a setting of one line that the module does not make itself; secrets go into secrets. The module makes ${join(", ", local.reserved_settings)}."
  }
}

variable "ports" {
  description = "Ports of a node: for clients, operators (loopback) and other nodes."
  type = object({
    client   = optional(number, 8080)
    admin    = optional(number, 9080)
    internal = optional(number, 7080)
  })
  default = {}

  validation {
    condition     = alltrue([for port in values(var.ports) : port >= 1024 && port <= 65535 && floor(port) == port]) && length(distinct(values(var.ports))) == 3
    error_message = "ports: ${join(", ", values(var.ports))}: must be three different ports from 1024 to 65535."
  }
}

variable "trusted_proxies" {
  description = "Networks or addresses of proxies of your own, beside that of the module."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for network in var.trusted_proxies : can(cidrhost(network, 0)) || can(cidrhost("${network}/${can(regex(":", network)) ? 128 : 32}", 0))])
    error_message = "trusted_proxies: ${join(", ", var.trusted_proxies)}: must be IP addresses or networks such as 10.0.0.0/24."
  }
}

variable "canary" {
  description = "The node that gets a change first. Then, for `seconds`, its errors, its 99th percentile of the delivery time and its resident memory are compared with those of the other nodes: the roll goes on if its share of 5xx responses is at most `errors` higher, its percentile at most `p99_factor` times theirs (20 ms more are always allowed) and its memory at most `rss_factor` times theirs. Otherwise its former state is restored. Null: the first by name, without a comparison."
  type = object({
    node       = string
    seconds    = optional(number, 60)
    errors     = optional(number, 0.01)
    p99_factor = optional(number, 2)
    rss_factor = optional(number, 1.5)
  })
  default = null

  validation {
    condition     = var.canary == null ? true : contains(keys(var.nodes), var.canary.node)
    error_message = "canary: node: ${try(var.canary.node, "-")}: must be one of the nodes: ${join(", ", keys(var.nodes))}."
  }
  validation {
    condition     = var.canary == null ? true : var.canary.seconds >= 0 && var.canary.seconds <= 3600 && floor(var.canary.seconds) == var.canary.seconds && var.canary.errors >= 0 && var.canary.errors <= 1 && var.canary.p99_factor >= 1 && var.canary.rss_factor >= 1
    error_message = "canary: seconds must be from 0 to 3600, errors from 0 to 1, p99_factor and rss_factor at least 1."
  }
}

variable "drain" {
  description = "Seconds that a node takes to leave: `notice`, while proxies notice it; `timeout`, in all."
  type = object({
    notice  = optional(number, 5)
    timeout = optional(number, 25)
  })
  default = {}

  validation {
    condition     = var.drain.notice >= 4 && var.drain.timeout > var.drain.notice && var.drain.timeout <= 3600 && floor(var.drain.notice) == var.drain.notice && floor(var.drain.timeout) == var.drain.timeout
    error_message = "drain: notice ${var.drain.notice}, timeout ${var.drain.timeout}: notice must be at least 4, as the proxy needs 3 s to notice; timeout must be longer than notice and at most 3600."
  }
}

variable "ready_timeout" {
  description = "Seconds within which a node that was started must be ready."
  type        = number
  default     = 180

  validation {
    condition     = var.ready_timeout >= 10 && var.ready_timeout <= 3600 && floor(var.ready_timeout) == var.ready_timeout
    error_message = "ready_timeout: ${var.ready_timeout}: must be from 10 to 3600 seconds."
  }
}

variable "limit_nofile" {
  description = "File descriptors of a node: one per client, plus about 1,100."
  type        = number
  default     = 200000

  validation {
    condition     = var.limit_nofile >= 2048 && var.limit_nofile <= 10000000 && floor(var.limit_nofile) == var.limit_nofile
    error_message = "limit_nofile: ${var.limit_nofile}: must be from 2048 to 10000000."
  }
}

variable "lightshow" {
  description = "Whether the nodes serve the example application at `/lightshow`. Its phones have no token: it needs the setting `anonymous`."
  type        = bool
  default     = false
}

variable "ssh" {
  description = "How Terraform's machine reaches the others, with its program `ssh`. `user`: for machines without one of their own; `private_key_file`: default: the keys of the SSH agent; `jump`: a host through which all connections go; `connect_timeout`: in seconds."
  type = object({
    user             = optional(string, "root")
    private_key_file = optional(string)
    connect_timeout  = optional(number, 10)
    jump = optional(object({
      host     = string
      host_key = string
      user     = optional(string)
      port     = optional(number, 22)
    }))
  })
  default = {}

  validation {
    condition     = var.ssh.private_key_file == null ? true : fileexists(var.ssh.private_key_file) && !can(regex("[\"\\r\\n|]", var.ssh.private_key_file))
    error_message = "ssh: private_key_file: ${coalesce(var.ssh.private_key_file, "-")}: does not exist on the machine that runs Terraform."
  }
  validation {
    condition     = alltrue([for user in compact(concat([var.ssh.user, try(var.ssh.jump.user, null), var.broker.user, try(var.proxy.user, null)], [for node in var.nodes : node.user])) : can(regex("^[a-z_][a-z0-9_.-]*$", user))])
    error_message = "ssh: ${join(", ", [for user in compact(concat([var.ssh.user, try(var.ssh.jump.user, null), var.broker.user, try(var.proxy.user, null)], [for node in var.nodes : node.user])) : user if !can(regex("^[a-z_][a-z0-9_.-]*$", user))])}: a user must be a name of a user of the machine."
  }
  validation {
    condition     = var.ssh.jump == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9.:-]*$", var.ssh.jump.host)) && can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+=*$", var.ssh.jump.host_key)) && var.ssh.jump.port >= 1 && var.ssh.jump.port <= 65535
    error_message = "ssh: jump: host must be a host name or an IP address, host_key a public key without a comment, port from 1 to 65535."
  }
  validation {
    condition     = var.ssh.connect_timeout >= 1 && var.ssh.connect_timeout <= 300 && floor(var.ssh.connect_timeout) == var.ssh.connect_timeout
    error_message = "ssh: connect_timeout: ${var.ssh.connect_timeout}: must be from 1 to 300 seconds."
  }
}

variable "use_sudo" {
  description = "Whether the users of `ssh` become root by `sudo`, without a password. Needed for every user but root."
  type        = bool
  default     = false

  validation {
    condition     = var.use_sudo || alltrue([for user in concat([coalesce(var.broker.user, var.ssh.user)], var.proxy == null ? [] : [coalesce(var.proxy.user, var.ssh.user)], [for node in var.nodes : coalesce(node.user, var.ssh.user)]) : user == "root"])
    error_message = "use_sudo: false: must be true for users other than root."
  }
}
