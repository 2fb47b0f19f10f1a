package dev.carillon.proxy;

import java.util.Map;
import org.junit.jupiter.api.Tag;

@Tag("caddy")
@Tag("full")
class CaddyOldContractIT extends CaddyProgramContract {
    CaddyOldContractIT() {
        super(ProxyProgram.CADDY_OLD);
    }

    @Override
    Map<ProxyCase, String> cannot() {
        return Map.ofEntries(Map.entry(ProxyCase.CUT_OFF, "It completes the response of a node that has died."));
    }
}
