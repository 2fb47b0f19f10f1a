# Machines at Amazon EC2, handed to the module. They have private addresses only but for the jump host, which is also the proxy.
#
# CHECKED FOR FORM ONLY (terraform fmt): no account was at hand, and without the provider Terraform cannot even validate it. Read the plan with care.
#
# Two applies: the first creates the machines; then read their SSH host keys in the console output of each instance (aws ec2 get-console-output), give
# them as host_keys, and apply again.

terraform {
  required_version = ">= 1.11.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.90"
    }
  }
}

variable "region" {
  type    = string
  default = "eu-central-1"
}

variable "vpc_id" {
  type = string
}

variable "public_subnet_id" {
  description = "Of the proxy, which is the jump host, too."
  type        = string
}

variable "private_subnet_id" {
  description = "Of the nodes and the broker, with a route to the internet for packages, or see packages of the module."
  type        = string
}

variable "key_name" {
  description = "Name of an EC2 key pair; its private key is in the SSH agent."
  type        = string
}

variable "operator_networks" {
  description = "Networks from which SSH is allowed."
  type        = list(string)
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
  known = length(setsubtract(local.names, keys(var.host_keys))) == 0
}

provider "aws" {
  region = var.region
}

data "aws_ami" "debian" {
  most_recent = true
  owners      = ["136693071363"]
  filter {
    name   = "name"
    values = ["debian-12-amd64-*"]
  }
}

resource "aws_security_group" "cluster" {
  name   = "carillon-cluster"
  vpc_id = var.vpc_id
}

resource "aws_security_group" "proxy" {
  name   = "carillon-proxy"
  vpc_id = var.vpc_id
}

# SSH to the others by the jump host; ports of nodes and Redis within the cluster.
resource "aws_vpc_security_group_ingress_rule" "inside" {
  for_each                     = { ssh = 22, client = 8080, internal = 7080, redis = 6379 }
  security_group_id            = aws_security_group.cluster.id
  referenced_security_group_id = aws_security_group.cluster.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each          = { http = 80, https = 443 }
  security_group_id = aws_security_group.proxy.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_ingress_rule" "operators" {
  for_each          = toset(var.operator_networks)
  security_group_id = aws_security_group.proxy.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.cluster.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_instance" "machine" {
  for_each                    = toset(local.names)
  ami                         = data.aws_ami.debian.id
  instance_type               = "t3.small"
  key_name                    = var.key_name
  subnet_id                   = each.key == "proxy" ? var.public_subnet_id : var.private_subnet_id
  associate_public_ip_address = each.key == "proxy"
  vpc_security_group_ids      = each.key == "proxy" ? [aws_security_group.cluster.id, aws_security_group.proxy.id] : [aws_security_group.cluster.id]
  tags                        = { Name = "carillon-${each.key}" }

  # Another image would replace the machine.
  lifecycle {
    ignore_changes = [ami]
  }
}

module "cluster" {
  source = "../../modules/cluster"
  count  = local.known ? 1 : 0

  nodes = {
    for name in var.nodes : name => {
      host     = aws_instance.machine[name].private_ip
      host_key = var.host_keys[name]
    }
  }
  broker = {
    host     = aws_instance.machine["broker"].private_ip
    host_key = var.host_keys["broker"]
  }
  proxy = {
    host     = aws_instance.machine["proxy"].private_ip
    host_key = var.host_keys["proxy"]
  }
  ssh = {
    user = "admin"
    jump = {
      host     = aws_instance.machine["proxy"].public_ip
      host_key = var.host_keys["proxy"]
    }
  }
  use_sudo        = true
  release         = var.release
  secrets         = var.secrets
  secrets_version = var.secrets_version
}

output "instances" {
  description = "Instances whose host key is to be read in their console output."
  value       = { for name in local.names : name => aws_instance.machine[name].id if !contains(keys(var.host_keys), name) }
}

output "url" {
  value = local.known ? "http://${aws_instance.machine["proxy"].public_ip}" : null
}
