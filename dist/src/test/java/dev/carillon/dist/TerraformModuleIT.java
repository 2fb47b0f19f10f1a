package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Terraform module, without machines: its form, its own tests, its messages, and the tables of {@code docs/terraform.md}. */
@Tag("process")
@Tag("terraform")
class TerraformModuleIT {
    private static final Path MODULE = Terraform.SOURCES.resolve("modules/cluster");
    private static final Path PAGE = Path.of("../docs/terraform.md");
    private static final String HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB";
    private static final String SUM = "0123456789abcdef".repeat(4);

    private static final Pattern BLOCK =
            Pattern.compile("^(variable|output) \"(\\w+)\" \\{\\n(.*?)^}$", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern DESCRIPTION =
            Pattern.compile("^  description = \"((?:[^\"\\\\]|\\\\.)*)\"$", Pattern.MULTILINE);
    private static final Pattern TYPE =
            Pattern.compile("^  type +=( map\\(object| object| [\\w()]+)", Pattern.MULTILINE);
    /** A field of an object that is an input, but none of an object in it. */
    private static final Pattern FIELD = Pattern.compile("^    (\\w+) += (.*)$", Pattern.MULTILINE);

    private static final Pattern DEFAULT = Pattern.compile("^  default +=( .*)$", Pattern.MULTILINE);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void sources_are_formatted() throws Exception {
        assertSucceeds(new Terraform(Terraform.SOURCES, dir).run("fmt", "-check", "-diff", "-recursive"));
    }

    @Test
    void module_and_example_are_valid_and_the_tests_of_the_module_pass() throws Exception {
        Terraform example = new Terraform(Terraform.SOURCES.resolve("examples/ssh"), dir.resolve("example"));
        assertSucceeds(example.run("init", "-backend=false"));
        assertSucceeds(example.run("validate"));

        Terraform module = new Terraform(MODULE, dir.resolve("module"));
        assertSucceeds(module.run("init", "-backend=false"));
        assertSucceeds(module.run("validate"));
        Terraform.Ended test = module.run("test");
        assertSucceeds(test);
        assertThat(test.text()).containsPattern("Success! \\d\\d passed, 0 failed");
    }

    private static void assertSucceeds(Terraform.Ended ended) {
        assertThat(ended.status()).as(ended.text()).isZero();
    }

    @Test
    void wrong_inputs_are_refused_with_the_input_the_value_and_the_rule() throws Exception {
        Terraform module = new Terraform(MODULE, dir.resolve("module"));
        assertSucceeds(module.run("init", "-backend=false"));

        Map<String, Object> node = node(1);
        refused(module, "nodes", Map.of(), "nodes: 0: must have 1 to 64 machines.");
        refused(
                module,
                "nodes",
                Map.of("node 1", node),
                "nodes: node 1: a name must be 1 to 63 of A-Z a-z 0-9 . _ -, begin with a letter or digit, and not be broker, proxy or jump.");
        refused(
                module,
                "nodes",
                Map.of("node1", with(node, "host", "root@10.0.0.1")),
                "nodes: node1: host and address must be a host name or an IP address, without a user or a port.");
        refused(
                module,
                "nodes",
                Map.of("node1", node, "node2", with(node, "host_key", "SHA256:47DEQpj8HBSa")),
                "nodes: node2: host_key must be a public key without a comment, such as ssh-ed25519 AAAA…: read it at the machine's console, not over the network.");
        refused(
                module,
                "nodes",
                Map.of("node1", with(node, "port", 70_000)),
                "nodes: node1: 70000: port must be from 1 to 65535.");
        refused(
                module,
                "nodes",
                Map.of("node1", node, "node2", node),
                "nodes: two nodes have the same address: node1 10.0.0.1, node2 10.0.0.1.");
        refused(
                module,
                "release",
                release("file", "/no/such/archive.tar.gz"),
                "release: file: /no/such/archive.tar.gz: does not exist on the machine that runs Terraform.");
        refused(
                module,
                "release",
                release("file", MODULE.resolve("main.tf").toString()),
                "release: file: " + MODULE.resolve("main.tf") + ": its SHA-256 is not " + SUM + ".");
        refused(
                module,
                "release",
                release("url", "http://example.com/a.tar.gz"),
                "release: url: http://example.com/a.tar.gz: must begin with https://.");
        refused(module, "broker", Map.of(), "broker: must have either host, or managed = true.");
        refused(module, "proxy", with(node, "kind", "squid"), "proxy: kind: squid: must be haproxy or caddy.");
        refused(
                module,
                "settings",
                Map.of("jwt-key", "a secret where all can read it"),
                "settings: jwt-key: must be a setting of one line that the module does not make itself; secrets go into secrets.");
        refused(module, "canary", Map.of("node", "node9"), "canary: node: node9: must be one of the nodes: node1.");
        refused(
                module,
                "drain",
                Map.of("notice", 10, "timeout", 5),
                "drain: notice 10, timeout 5: notice must be at least 4, as the proxy needs 3 s to notice; timeout must be longer than notice and at most 3600.");
        refused(module, "ssh", Map.of("user", "admin"), "use_sudo: false: must be true for users other than root.");
        refused(
                module,
                "ssh",
                Map.of("private_key_file", "/no/such/key"),
                "ssh: private_key_file: /no/such/key: does not exist on the machine that runs Terraform.");
        refused(
                module,
                "secrets",
                with(secrets(), "jwt_key", "too short"),
                "secrets: jwt_key: must have at least 32 characters, or be a public key in PEM.");
    }

    private static Map<String, Object> with(Map<String, Object> values, String name, Object value) {
        Map<String, Object> changed = new HashMap<>(values);
        changed.put(name, value);
        return changed;
    }

    private static Map<String, Object> node(int number) {
        return Map.of("host", "10.0.0." + number, "host_key", HOST_KEY + number);
    }

    private static Map<String, Object> release(String name, String value) {
        return Map.of("version", "1.2.3", "sha256", SUM, name, value);
    }

    private static Map<String, Object> secrets() {
        return Map.of(
                "jwt_key",
                "a-key-of-the-tests-0123456789abcdef",
                "secret",
                List.of("a-secret-of-the-tests"),
                "broker_passwords",
                List.of("password-of-the-tests"));
    }

    /** Plans with one input that is wrong, beside others that are right. */
    private void refused(Terraform module, String name, Object value, String message) throws Exception {
        Map<String, Object> inputs = new HashMap<>(Map.of(
                "nodes",
                Map.of("node1", node(1)),
                "release",
                release("url", "https://example.com/a.tar.gz"),
                "broker",
                node(8),
                "secrets_version",
                1));
        // Terraform shows the line of a file in which a wrong value is: secrets belong into the environment.
        Object given = name.equals("secrets") ? value : secrets();
        if (!name.equals("secrets")) {
            inputs.put(name, value);
        }
        JsonMapper json = JsonMapper.builder().build();
        Path file = dir.resolve("inputs.tfvars.json");
        json.writeValue(file.toFile(), inputs);
        Terraform.Ended plan = module.run(
                Map.of("TF_VAR_secrets", json.writeValueAsString(given)),
                line -> {},
                "plan",
                "-lock=false",
                "-input=false",
                "-var-file=" + file);
        assertThat(plan.status()).as(plan.text()).isEqualTo(1);
        assertThat(plan.line()).contains(message);
        assertThat(plan.text()).doesNotContain("a-key-of-the-tests", "a-secret-of-the-tests", "password-of-the-tests");
        System.out.println(message);
    }

    @Test
    void redis_gets_the_permissions_that_nodes_need() throws Exception {
        Matcher documented = Pattern.compile("ACL SETUSER carillon on >PASSWORD (.*)")
                .matcher(Files.readString(Path.of("../docs/platform.md")));
        assertThat(documented.find()).isTrue();
        assertThat(Files.readString(MODULE.resolve("scripts/machine.sh")))
                .contains("redis_rules='" + documented.group(1) + "'\n");
    }

    @Test
    void tables_of_the_page_are_those_of_the_module() throws Exception {
        String page = Files.readString(PAGE);
        assertThat(page).contains(inputs()).contains(outputs());
    }

    private static String inputs() throws IOException {
        List<String> rows =
                new ArrayList<>(List.of("| input | type | default | meaning |", "| --- | --- | --- | --- |"));
        Matcher block = BLOCK.matcher(Files.readString(MODULE.resolve("variables.tf")));
        while (block.find()) {
            String body = block.group(3);
            rows.add("| `%s` | %s | %s | %s |"
                    .formatted(
                            block.group(2),
                            type(body),
                            DEFAULT.matcher(body).find()
                                    ? "`" + first(DEFAULT, body, "").strip() + "`"
                                    : "required",
                            first(DESCRIPTION, body, "none")));
        }
        return String.join("\n", rows) + "\n";
    }

    /** The type, and of an object its fields with their types and defaults. */
    private static String type(String body) {
        String type = first(TYPE, body, "").strip();
        if (!type.contains("object")) {
            return type;
        }
        List<String> fields = FIELD.matcher(body.substring(0, body.indexOf("\n  })")))
                .results()
                .map(field -> "`" + field.group(1) + "` " + field(field.group(2)))
                .toList();
        return type.replace("map(object", "map of objects") + ": " + String.join(", ", fields);
    }

    private static String field(String type) {
        String plain = type.replaceFirst("^optional\\((.*)\\)$", "$1").replaceFirst("^optional\\(", "");
        String kind = plain.replaceFirst("^list\\(object.*", "list of objects")
                .replaceFirst("^object.*", "object")
                .replaceFirst("^((?:map|list)\\(\\w+\\)|\\w+).*", "$1")
                .replaceFirst("^list of.*|^list$", "list of objects");
        Matcher preset = Pattern.compile(", ([^,()\"]+|\"[^\"]+\")$").matcher(plain);
        if (!type.startsWith("optional")) {
            return kind;
        }
        return kind + " (" + (preset.find() ? preset.group(1).replace("\"", "") : "optional") + ")";
    }

    private static String outputs() throws IOException {
        List<String> rows = new ArrayList<>(List.of("| output | meaning |", "| --- | --- |"));
        Matcher block = BLOCK.matcher(Files.readString(MODULE.resolve("outputs.tf")));
        while (block.find()) {
            rows.add("| `%s` | %s |".formatted(block.group(2), first(DESCRIPTION, block.group(3), "none")));
        }
        return String.join("\n", rows) + "\n";
    }

    private static String first(Pattern pattern, String text, String otherwise) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : otherwise;
    }
}
