package dev.carillon.proxy;

import java.util.Map;
import org.junit.jupiter.api.Tag;

@Tag("traefik")
@Tag("full")
class TraefikContractIT extends ProgramContract {
    TraefikContractIT() {
        super(ProxyProgram.TRAEFIK);
    }

    @Override
    Map<ProxyCase, String> cannot() {
        return Map.ofEntries(
                Map.entry(ProxyCase.EMBEDDING, "Its cookie has no attribute `Partitioned`."),
                Map.entry(ProxyCase.HUNG_STREAM, "It has no time limit for a silent response."),
                Map.entry(ProxyCase.NO_NODE, "Its 503 has no `Retry-After`."),
                Map.entry(ProxyCase.NO_NODE_STREAM, "It answers 503, after which a browser never reconnects."),
                Map.entry(ProxyCase.TARGET, "It merges slashes."),
                Map.entry(
                        ProxyCase.BODY_LIMIT, "It limits bodies only if it also buffers responses; nodes limit them."),
                Map.entry(ProxyCase.STATIC, "It serves no files."));
    }
}
