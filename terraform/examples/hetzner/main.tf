# Machines at Hetzner Cloud, handed to the module.
#
# CHECKED FOR FORM ONLY (terraform fmt): no account was at hand, and without the provider Terraform cannot even validate it. Read the plan with care.
#
# Two applies: the first creates the machines; then read their SSH host keys at the console of each machine (not over the network), give them as
# host_keys, and apply again.

terraform {
  required_version = ">= 1.11.0"
  required_providers {
    hcloud = {
      source  = "hetznercloud/hcloud"
      version = "~> 1.51"
    }
  }
}

variable "ssh_key_name" {
  description = "Name of an SSH key of the project; its private key is in the SSH agent."
  type        = string
}

variable "operator_networks" {
  description = "Networks from which SSH is allowed."
  type        = list(string)
}

variable "location" {
  type    = string
  default = "fsn1"
}

variable "nodes" {
  description = "Names of the nodes."
  type        = list(string)
  default     = ["node1", "node2", "node3"]
}

variable "host_keys" {
  description = "SSH host keys of the machines, by name, for the nodes, broker and proxy. Empty in the first apply."
  type        = map(string)
  default     = {}
}

variable "release" {
  type = object({ file = string, version = string, sha256 = string })
}

variable "secrets" {
  type      = object({ jwt_key = string, secret = list(string), broker_passwords = list(string) })
  ephemeral = true
}

variable "secrets_version" {
  type    = number
  default = 1
}

locals {
  names = concat(var.nodes, ["broker", "proxy"])
  # The private addresses are fixed, so that nothing has to be known after the apply.
  addresses = { for i, name in local.names : name => cidrhost("10.80.0.0/24", 10 + i) }
  known     = length(setsubtract(local.names, keys(var.host_keys))) == 0
}

resource "hcloud_network" "cluster" {
  name     = "carillon"
  ip_range = "10.80.0.0/16"
}

resource "hcloud_network_subnet" "cluster" {
  network_id   = hcloud_network.cluster.id
  type         = "cloud"
  network_zone = "eu-central"
  ip_range     = "10.80.0.0/24"
}

# Hetzner's firewalls filter the public addresses only. The ports of nodes and Redis are on the private ones.
resource "hcloud_firewall" "ssh" {
  name = "carillon-ssh"
  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "22"
    source_ips = var.operator_networks
  }
}

resource "hcloud_firewall" "clients" {
  name = "carillon-clients"
  dynamic "rule" {
    for_each = ["80", "443"]
    content {
      direction  = "in"
      protocol   = "tcp"
      port       = rule.value
      source_ips = ["0.0.0.0/0", "::/0"]
    }
  }
}

resource "hcloud_server" "machine" {
  for_each     = toset(local.names)
  name         = each.key
  image        = "debian-12"
  server_type  = "cx22"
  location     = var.location
  ssh_keys     = [var.ssh_key_name]
  firewall_ids = each.key == "proxy" ? [hcloud_firewall.ssh.id, hcloud_firewall.clients.id] : [hcloud_firewall.ssh.id]

  network {
    network_id = hcloud_network.cluster.id
    ip         = local.addresses[each.key]
  }
  depends_on = [hcloud_network_subnet.cluster]
}

module "cluster" {
  source = "../../modules/cluster"
  count  = local.known ? 1 : 0

  nodes = {
    for name in var.nodes : name => {
      host     = hcloud_server.machine[name].ipv4_address
      address  = local.addresses[name]
      host_key = var.host_keys[name]
    }
  }
  broker = {
    host     = hcloud_server.machine["broker"].ipv4_address
    address  = local.addresses["broker"]
    host_key = var.host_keys["broker"]
  }
  proxy = {
    host     = hcloud_server.machine["proxy"].ipv4_address
    address  = local.addresses["proxy"]
    host_key = var.host_keys["proxy"]
  }
  release         = var.release
  secrets         = var.secrets
  secrets_version = var.secrets_version
}

output "consoles" {
  description = "Machines whose host key is to be read at their console."
  value       = { for name in local.names : name => hcloud_server.machine[name].ipv4_address if !contains(keys(var.host_keys), name) }
}

output "url" {
  value = one(module.cluster[*].url)
}
