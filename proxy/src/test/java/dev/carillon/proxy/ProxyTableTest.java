package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of the manual says what the contract tests declare. */
class ProxyTableTest {
    private static final List<ProxyContract> CONTRACTS = List.of(
            new EmbeddedContractIT(),
            new HaproxyContractIT(),
            new CaddyOldContractIT(),
            new CaddyContractIT(),
            new NginxOldContractIT(),
            new NginxContractIT(),
            new TraefikContractIT());

    @Test
    void manual_has_the_table_of_the_contract() throws IOException {
        assertThat(Files.readString(Path.of("../docs/proxies.md"))).contains(table());
    }

    /** To renew the manual, copy this from the failure of the test. */
    private static String table() {
        Map<String, Integer> notes = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>();
        lines.add(CONTRACTS.stream().map(ProxyContract::title).collect(Collectors.joining(" | ", "| case | ", " |")));
        lines.add("| --- |" + " --- |".repeat(CONTRACTS.size()));
        for (ProxyCase each : ProxyCase.values()) {
            lines.add(CONTRACTS.stream()
                    .map(contract -> cell(contract, each, notes))
                    .collect(Collectors.joining(" | ", "| " + each.title() + " | ", " |")));
        }
        lines.add("");
        notes.forEach((reason, number) -> lines.add(number + ". " + reason));
        return String.join("\n", lines) + "\n";
    }

    private static String cell(ProxyContract contract, ProxyCase each, Map<String, Integer> notes) {
        String reason = contract.cannot().get(each);
        if (reason == null) {
            return "yes";
        }
        notes.putIfAbsent(reason, notes.size() + 1);
        return "no (" + notes.get(reason) + ")";
    }
}
