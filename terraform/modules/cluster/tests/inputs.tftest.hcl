# Wrong inputs: each is refused by a plan, before any machine is reached.

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

run "no_nodes" {
  command = plan
  variables {
    nodes = {}
  }
  expect_failures = [var.nodes]
}

run "node_name_with_a_blank" {
  command = plan
  variables {
    nodes = { "node 1" = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" } }
  }
  expect_failures = [var.nodes]
}

run "node_named_as_the_broker" {
  command = plan
  variables {
    nodes = { broker = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" } }
  }
  expect_failures = [var.nodes]
}

run "host_with_a_user" {
  command = plan
  variables {
    nodes = { node1 = { host = "root@10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" } }
  }
  expect_failures = [var.nodes]
}

run "node_without_a_host_key" {
  command = plan
  variables {
    nodes = { node1 = { host = "10.77.1.11", host_key = "" } }
  }
  expect_failures = [var.nodes]
}

run "fingerprint_instead_of_a_host_key" {
  command = plan
  variables {
    nodes = { node1 = { host = "10.77.1.11", host_key = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" } }
  }
  expect_failures = [var.nodes]
}

run "port_of_ssh_out_of_range" {
  command = plan
  variables {
    nodes = { node1 = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1", port = 70000 } }
  }
  expect_failures = [var.nodes]
}

run "two_nodes_with_one_address" {
  command = plan
  variables {
    nodes = { node1 = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" }, node2 = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" } }
  }
  expect_failures = [var.nodes]
}

run "setting_of_a_node_that_the_module_makes" {
  command = plan
  variables {
    nodes = { node1 = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1", settings = { port = "8090" } } }
  }
  expect_failures = [var.nodes]
}

run "java_options_with_quotes" {
  command = plan
  variables {
    nodes = { node1 = { host = "10.77.1.11", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1", java_options = "-Dx=\"a\"" } }
  }
  expect_failures = [var.nodes]
}

run "release_without_file_and_url" {
  command = plan
  variables {
    release = { version = "1.2.3", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  }
  expect_failures = [var.release]
}

run "release_with_file_and_url" {
  command = plan
  variables {
    release = { version = "1.2.3", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", file = "versions.tf", url = "https://example.com/a" }
  }
  expect_failures = [var.release]
}

run "release_over_plain_http" {
  command = plan
  variables {
    release = { version = "1.2.3", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", url = "http://example.com/a.tar.gz" }
  }
  expect_failures = [var.release]
}

run "release_with_a_short_checksum" {
  command = plan
  variables {
    release = { version = "1.2.3", sha256 = "abc", url = "https://example.com/a" }
  }
  expect_failures = [var.release]
}

run "release_file_that_does_not_exist" {
  command = plan
  variables {
    release = { version = "1.2.3", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", file = "/no/such/archive.tar.gz" }
  }
  expect_failures = [var.release]
}

run "release_file_with_another_checksum" {
  command = plan
  variables {
    release = { version = "1.2.3", sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", file = "versions.tf" }
  }
  expect_failures = [var.release]
}

run "broker_without_a_host" {
  command = plan
  variables {
    broker = {}
  }
  expect_failures = [var.broker]
}

run "managed_broker_with_a_host" {
  command = plan
  variables {
    broker = { managed = true, host = "10.77.1.10", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1" }
  }
  expect_failures = [var.broker]
}

run "packages_of_the_broker_that_do_not_exist" {
  command = plan
  variables {
    broker = { host = "10.77.1.10", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1", install = "files", packages = [{ file = "/no/redis.deb", sha256 = "00" }] }
  }
  expect_failures = [var.broker]
}

run "maxmemory_without_a_unit_of_redis" {
  command = plan
  variables {
    broker = { host = "10.77.1.10", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1", maxmemory = "1 GiB" }
  }
  expect_failures = [var.broker]
}

run "unknown_proxy" {
  command = plan
  variables {
    proxy = { host = "10.77.1.20", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB5", kind = "squid" }
  }
  expect_failures = [var.proxy]
}

run "certificate_for_haproxy_by_a_domain" {
  command = plan
  variables {
    proxy = { host = "10.77.1.20", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB5", domain = "www.example.com" }
  }
  expect_failures = [var.proxy]
}

run "certificate_with_a_relative_path" {
  command = plan
  variables {
    proxy = { host = "10.77.1.20", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB5", tls = { certificate = "site.crt", key = "site.key" } }
  }
  expect_failures = [var.proxy]
}

run "short_key_for_tokens" {
  command = plan
  variables {
    secrets = { jwt_key = "short", secret = ["a-secret-of-the-tests"], broker_passwords = ["password-of-the-tests"] }
  }
  expect_failures = [var.secrets]
}

run "secret_with_a_comma" {
  command = plan
  variables {
    secrets = { jwt_key = "a-key-of-the-tests-0123456789abcdef", broker_passwords = ["password-of-the-tests"], secret = ["one-secret,another-secret"] }
  }
  expect_failures = [var.secrets]
}

run "no_secret" {
  command = plan
  variables {
    secrets = { jwt_key = "a-key-of-the-tests-0123456789abcdef", broker_passwords = ["password-of-the-tests"], secret = [] }
  }
  expect_failures = [var.secrets]
}

run "secret_with_an_apostrophe" {
  command = plan
  variables {
    secrets = { jwt_key = "a-key-of-the-tests-0123456789abcdef", broker_passwords = ["password-of-the-tests"], secret = ["an-apostrophe-'-in-it"] }
  }
  expect_failures = [var.secrets]
}

run "password_that_is_no_part_of_a_url" {
  command = plan
  variables {
    secrets = { jwt_key = "a-key-of-the-tests-0123456789abcdef", secret = ["a-secret-of-the-tests"], broker_passwords = ["a@password/of:tests"] }
  }
  expect_failures = [var.secrets]
}

run "address_of_a_broker_that_the_module_installs" {
  command = plan
  variables {
    secrets = { jwt_key = "a-key-of-the-tests-0123456789abcdef", broker_passwords = ["password-of-the-tests"], secret = ["a-secret-of-the-tests"], broker_url = "redis://10.0.0.1:6379" }
  }
  expect_failures = [var.secrets]
}

run "secrets_version_zero" {
  command = plan
  variables {
    secrets_version = 0
  }
  expect_failures = [var.secrets_version]
}

run "secret_among_the_settings" {
  command = plan
  variables {
    settings = { jwt-key = "a-key-of-the-tests-0123456789abcdef" }
  }
  expect_failures = [var.settings]
}

run "setting_with_dashes" {
  command = plan
  variables {
    settings = { "--heartbeat" = "5s" }
  }
  expect_failures = [var.settings]
}

run "setting_of_two_lines" {
  command = plan
  variables {
    settings = { heartbeat = "5s\nport=1" }
  }
  expect_failures = [var.settings]
}

run "ports_that_collide" {
  command = plan
  variables {
    ports = { client = 8080, admin = 8080 }
  }
  expect_failures = [var.ports]
}

run "trusted_proxy_by_name" {
  command = plan
  variables {
    trusted_proxies = ["proxy.example.com"]
  }
  expect_failures = [var.trusted_proxies]
}

run "canary_that_is_no_node" {
  command = plan
  variables {
    canary = { node = "node9" }
  }
  expect_failures = [var.canary]
}

run "drain_shorter_than_its_notice" {
  command = plan
  variables {
    drain = { notice = 10, timeout = 5 }
  }
  expect_failures = [var.drain]
}

run "ready_timeout_of_a_second" {
  command = plan
  variables {
    ready_timeout = 1
  }
  expect_failures = [var.ready_timeout]
}

run "too_few_descriptors" {
  command = plan
  variables {
    limit_nofile = 100
  }
  expect_failures = [var.limit_nofile]
}

run "private_key_file_that_does_not_exist" {
  command = plan
  variables {
    ssh = { private_key_file = "/no/such/key" }
  }
  expect_failures = [var.ssh]
}

run "jump_host_without_a_host_key" {
  command = plan
  variables {
    ssh = { jump = { host = "10.77.1.1", host_key = "" } }
  }
  expect_failures = [var.ssh]
}

run "user_without_sudo" {
  command = plan
  variables {
    ssh = { user = "admin" }
  }
  expect_failures = [var.use_sudo]
}
