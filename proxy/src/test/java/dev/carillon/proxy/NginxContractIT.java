package dev.carillon.proxy;

import java.util.Map;
import org.junit.jupiter.api.Tag;

@Tag("nginx-current")
@Tag("full")
class NginxContractIT extends ProgramContract {
    NginxContractIT() {
        super(ProxyProgram.NGINX);
    }

    @Override
    Map<ProxyCase, String> cannot() {
        return Map.ofEntries(
                Map.entry(
                        ProxyCase.DRAINING,
                        "The free version checks no health: before a node drains, mark it `down` and reload."),
                Map.entry(ProxyCase.HUNG, "The free version checks no health: requests wait for `proxy_read_timeout`."),
                Map.entry(
                        ProxyCase.ONE_TRY_GET,
                        "It cannot tell a request that was sent from one that was not, except a POST."));
    }
}
