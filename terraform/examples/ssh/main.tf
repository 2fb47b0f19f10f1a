# Three nodes, Redis and HAProxy, on machines of your own that SSH reaches. docs/terraform.md leads through it.

terraform {
  required_version = ">= 1.11.0"
}

variable "machines" {
  description = "The machines, by name: of each its address, and its SSH host key without the comment."
  type = map(object({
    address  = string
    host_key = string
  }))
}

variable "nodes" {
  description = "Names of the machines that run nodes."
  type        = list(string)
}

variable "broker" {
  description = "Name of the machine that runs Redis; one with a node can do it for a trial."
  type        = string
}

variable "proxy" {
  description = "Name of the machine that runs the proxy."
  type        = string
}

variable "release" {
  description = "The archive of Carillon, its version and its SHA-256."
  type = object({
    file    = string
    version = string
    sha256  = string
  })
}

variable "secrets" {
  description = "Secrets of the cluster; terraform.tfvars is not the place for them: docs/terraform.md."
  type = object({
    jwt_key            = string
    jwt_key_additional = optional(string)
    secret             = list(string)
    broker_passwords   = list(string)
  })
  ephemeral = true
}

variable "secrets_version" {
  description = "Raise it with each change of the secrets."
  type        = number
  default     = 1
}

variable "settings" {
  description = "Settings of all nodes."
  type        = map(string)
  default     = {}
}

variable "lightshow" {
  description = "Whether the nodes serve the light show."
  type        = bool
  default     = false
}

variable "canary" {
  description = "The node that gets a change first, and for how many seconds it is compared with the others."
  type = object({
    node    = string
    seconds = optional(number, 60)
  })
  default = null
}

variable "ssh" {
  description = "User and key for SSH."
  type = object({
    user             = optional(string, "root")
    private_key_file = optional(string)
    jump = optional(object({
      host     = string
      host_key = string
      user     = optional(string)
      port     = optional(number, 22)
    }))
  })
  default = {}
}

variable "packages" {
  description = "Packages of the broker and the proxy, for machines without a network; by default the machines install them with apt."
  type = object({
    broker = optional(list(object({ file = string, sha256 = string })), [])
    proxy  = optional(list(object({ file = string, sha256 = string })), [])
  })
  default = {}
}

variable "proxy_kind" {
  description = "haproxy or caddy."
  type        = string
  default     = "haproxy"
}

variable "max_connections" {
  description = "Maximum number of connections of clients at the proxy, which needs two file descriptors for each."
  type        = number
  default     = 20000
}

module "cluster" {
  source = "../../modules/cluster"

  nodes = {
    for name in var.nodes : name => {
      host     = var.machines[name].address
      host_key = var.machines[name].host_key
    }
  }
  broker = {
    host      = var.machines[var.broker].address
    host_key  = var.machines[var.broker].host_key
    install   = length(var.packages.broker) > 0 ? "files" : "apt"
    packages  = var.packages.broker
    keep_data = false
  }
  proxy = {
    kind     = var.proxy_kind
    host     = var.machines[var.proxy].address
    host_key = var.machines[var.proxy].host_key
    install  = length(var.packages.proxy) > 0 ? "files" : "apt"
    packages = var.packages.proxy

    max_connections = var.max_connections
  }
  release         = var.release
  secrets         = var.secrets
  secrets_version = var.secrets_version
  settings        = var.settings
  lightshow       = var.lightshow
  canary          = var.canary
  ssh             = var.ssh
  use_sudo        = var.ssh.user != "root"
}

output "url" {
  description = "Where clients reach the cluster."
  value       = module.cluster.url
}

output "nodes" {
  description = "The nodes, their addresses and their release."
  value       = module.cluster.nodes
}

output "admin" {
  description = "How operators reach the admin port of each node."
  value       = module.cluster.admin
}

output "ready" {
  description = "Whether all nodes answered that they are ready, in the last apply that succeeded."
  value       = module.cluster.ready
}
