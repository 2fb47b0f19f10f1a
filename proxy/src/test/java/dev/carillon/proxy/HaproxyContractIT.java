package dev.carillon.proxy;

import java.util.Map;
import org.junit.jupiter.api.Tag;

@Tag("haproxy")
class HaproxyContractIT extends ProgramContract {
    HaproxyContractIT() {
        super(ProxyProgram.HAPROXY);
    }

    @Override
    Map<ProxyCase, String> cannot() {
        return Map.ofEntries(
                Map.entry(
                        ProxyCase.LEAVING,
                        "It notices with the next bytes of the node, at the latest with the next heartbeat."),
                Map.entry(ProxyCase.STATIC, "It serves no directories."));
    }
}
