# What a plan contains. Nothing is applied: provisioners run even in tests with mocks. The apply on machines is tested by TerraformMachinesIT.

variables {
  nodes = {
    node1 = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" }
    node2 = { host = "10.77.1.12", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2" }
    node3 = { host = "10.77.1.13", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB3" }
  }
  release = {
    version = "1.2.3"
    sha256  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    url     = "https://example.com/carillon-1.2.3-linux-x64.tar.gz"
  }
  broker = { host = "10.77.1.10", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB4" }
  proxy  = { host = "10.77.1.20", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB5" }
  secrets = {
    jwt_key          = "a-key-of-the-tests-0123456789abcdef"
    secret           = ["a-secret-of-the-tests"]
    broker_passwords = ["password-of-the-tests"]
  }
  secrets_version = 1
}

run "three_nodes_a_broker_and_a_proxy" {
  command = plan

  assert {
    condition     = length(terraform_data.node) == 3 && length(terraform_data.broker) == 1 && length(terraform_data.proxy) == 1
    error_message = "the plan has other machines"
  }
  assert {
    condition     = local.properties.node2 == join("\n", ["admin-port=9080", "drain-notice=5s", "drain-timeout=25s", "host=10.77.1.12", "internal-host=10.77.1.12", "internal-port=7080", "node-id=node2", "port=8080", "trusted-proxies=10.77.1.20"])
    error_message = local.properties.node2
  }
  assert {
    condition     = terraform_data.machine["node1"].input.CLUSTER_MACHINES == "node1|10.77.1.11|22|root|ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1|10.77.1.11"
    error_message = terraform_data.machine["node1"].input.CLUSTER_MACHINES
  }
  assert {
    condition     = output.url == "http://10.77.1.20" && output.broker == "10.77.1.10:6379"
    error_message = "other addresses: ${output.url}, ${output.broker}"
  }
  assert {
    condition     = output.admin.node2 == { url = "http://127.0.0.1:9081", tunnel = "ssh -N -L 9081:127.0.0.1:9080 -p 22 root@10.77.1.12" }
    error_message = "another tunnel: ${output.admin.node2.tunnel}"
  }
}

run "node_by_a_jump_host_with_sudo_and_settings_of_its_own" {
  command = plan
  variables {
    nodes = {
      node1 = { host = "node1.example.com", address = "10.0.0.1", user = "admin", port = 2222, host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1", settings = { heartbeat = "5s", static-dir = "C:\\x" }, java_options = "-Xmx1g" }
    }
    settings        = { heartbeat = "10s", session-max-age = "24h" }
    trusted_proxies = ["192.0.2.0/24", "2001:db8::1"]
    use_sudo        = true
    ssh = {
      user = "ops"
      jump = { host = "jump.example.com", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9", port = 2200 }
    }
  }

  assert {
    condition     = terraform_data.machine["node1"].input.CLUSTER_MACHINES == "node1|node1.example.com|2222|admin|ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1|10.0.0.1"
    error_message = terraform_data.machine["node1"].input.CLUSTER_MACHINES
  }
  assert {
    condition     = terraform_data.machine["node1"].input.CLUSTER_JUMP == "jump|jump.example.com|2200|ops|ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9|-" && terraform_data.machine["node1"].input.CLUSTER_SUDO == "true"
    error_message = terraform_data.machine["node1"].input.CLUSTER_JUMP
  }
  assert {
    condition     = strcontains(local.properties.node1, "heartbeat=5s\n") && strcontains(local.properties.node1, "session-max-age=24h") && strcontains(local.properties.node1, "static-dir=C:\\\\x") && strcontains(local.properties.node1, "trusted-proxies=10.77.1.20,192.0.2.0/24,2001:db8::1")
    error_message = local.properties.node1
  }
  assert {
    condition     = strcontains(local.overrides.node1, "Environment=\"CARILLON_JAVA_OPTS=-Xmx1g\"")
    error_message = local.overrides.node1
  }
  assert {
    condition     = output.admin.node1.tunnel == "ssh -N -L 9080:127.0.0.1:9080 -J ops@jump.example.com:2200 -p 2222 admin@node1.example.com"
    error_message = output.admin.node1.tunnel
  }
}

run "managed_broker_and_a_proxy_of_ones_own" {
  command = plan
  variables {
    broker = { managed = true }
    proxy  = null
    secrets = {
      jwt_key    = "a-key-of-the-tests-0123456789abcdef"
      secret     = ["a-secret-of-the-tests"]
      broker_url = "rediss://carillon:password@redis.example.com:6380"
    }
  }

  assert {
    condition     = length(terraform_data.broker) == 0 && length(terraform_data.proxy) == 0 && output.url == null && output.broker == null
    error_message = "the plan has a broker or a proxy"
  }
}

run "proxy_with_tls_makes_cookies_secure" {
  command = plan
  variables {
    proxy = { host = "10.77.1.20", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB5", tls = { certificate = "/etc/haproxy/site.crt", key = "/etc/haproxy/site.key" } }
  }

  assert {
    condition     = output.url == "https://10.77.1.20" && strcontains(local.properties.node1, "secure-cookie=true")
    error_message = "cookies are not secure, or ${output.url}"
  }
}

run "another_set_of_secrets_changes_what_nodes_run" {
  command = plan
  variables {
    secrets_version = 2
  }

  assert {
    condition     = local.fingerprints.node1 != sha256(jsonencode([var.release.sha256, local.properties.node1, local.overrides.node1, 1, "10.77.1.10"]))
    error_message = "the fingerprint does not depend on secrets_version"
  }
}
