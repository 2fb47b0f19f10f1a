package dev.carillon.proxy;

import java.util.Map;
import org.junit.jupiter.api.Tag;

@Tag("caddy-current")
class CaddyContractIT extends CaddyProgramContract {
    CaddyContractIT() {
        super(ProxyProgram.CADDY);
    }

    @Override
    Map<ProxyCase, String> cannot() {
        return Map.of();
    }
}
