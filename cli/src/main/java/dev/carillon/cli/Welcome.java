package dev.carillon.cli;

import dev.carillon.cli.base.Variables;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.cluster.Cluster;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.mercure.DebugPage;
import dev.carillon.mercure.MercureHub;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import dev.carillon.scope.Tenant;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The text that {@code up} prints when its nodes serve: addresses, and commands to copy. The commands contain tokens if the node has a key that
 * can sign them.
 *
 * @param proxy URL of the proxy
 * @param config of any of the nodes
 */
record Welcome(PrintStream out, String proxy, NodeConfig config) {
    private static final Duration TOKEN_EXPIRES = Duration.ofHours(24);
    /** Placeholder for a token that only the owner of a private key can create. */
    private static final String UNKNOWN = "...";

    private static final List<String> STAGE =
            List.of("https://lightshow.example/everyone", "https://lightshow.example/groups/{group}");

    /** @param operatorToken token that was generated for this run; empty: the operators have their own */
    void print(List<Cluster.Member> members, Optional<String> operatorToken) {
        out.println();
        out.println("  proxy  " + proxy);
        for (Cluster.Member member : members) {
            ListenAddresses address = member.address();
            out.println("  " + address.id() + "     " + address.url() + "  admin " + address.adminUrl()
                    + (member.pid().isPresent() ? "  process " + member.pid().getAsLong() : ""));
        }
        out.println();
        Optional<Tokens> tokens = Tokens.of(config.jwt());
        String token = token(tokens, Tokens.Claims.EVERYTHING);
        out.println(
                tokens.isPresent()
                        ? "A token for the whole tenant \"default\", valid for " + TOKEN_EXPIRES.toHours() + " hours:"
                        : "A token that you have signed with your private key:");
        out.println();
        out.println("  export " + Variables.TOKEN + "=" + token);
        out.println();
        out.println("Receive events through the proxy, and broadcast at any node:");
        out.println();
        out.println("  curl -N '" + proxy + "/events?route=/board'");
        out.println("  ./carillon broadcast --url "
                + members.getFirst().address().url() + config.basePath() + " --scope route:/board --data hello");
        out.println();
        if (config.mercure().on()) {
            mercure(token);
        }
        out.println("Examples of live pages, written in Java:");
        out.println();
        out.println("  " + proxy + "/examples");
        out.println();
        out.println("The light show for any number of phones, and its stage:");
        out.println();
        out.println("  " + proxy + "/lightshow");
        out.println("  " + proxy + "/lightshow/stage" + fragment(token));
        out.println();
        if (config.mercure().on()) {
            out.println("A small light show that uses only the Mercure protocol:");
            out.println();
            out.println("  " + proxy + "/lightshow/mercure");
            out.println("  " + proxy + "/lightshow/mercure/stage" + fragment(stageToken()));
            out.println();
        }
        operatorToken.ifPresent(made -> operators(members.getFirst().address(), made));
        out.println("Ctrl-C stops everything.");
    }

    private void operators(ListenAddresses node, String token) {
        out.println("The console, live, for the whole cluster; sign in with the operators' token below:");
        out.println();
        out.println("  " + node.adminUrl() + "/console");
        out.println();
        out.println("Close the connections of a context, with the operators' token, at the admin port of any node:");
        out.println();
        out.println("  export " + NodeKeys.OPERATOR_TOKEN.variable() + "=" + token);
        out.println("  curl -X DELETE " + node.adminUrl() + "/contexts/ID -H \"Authorization: Bearer $"
                + NodeKeys.OPERATOR_TOKEN.variable() + "\"");
        out.println();
    }

    private void mercure(String token) {
        String hub = proxy + MercureHub.PATH;
        Optional<Tokens> publishers = publishers();
        boolean same = publishers.equals(Tokens.of(config.jwt()));
        String own = same ? token : token(publishers, Tokens.Claims.EVERYTHING);
        out.println("The Mercure hub, a command that publishes, and the debugging page:");
        out.println();
        out.println("  " + hub);
        out.println("  curl " + hub + " -H \"Authorization: Bearer " + (same ? "$" + Variables.TOKEN : own)
                + "\" -d topic=https://example.com/books/1 -d data=hello");
        out.println("  " + proxy + DebugPage.PATH + fragment(own));
        out.println();
    }

    /** Tokens of publishers at the hub, which may have a key of their own. */
    private Optional<Tokens> publishers() {
        return config.mercure()
                .publisher()
                .flatMap(verifier -> verifier instanceof JwtConfig jwt ? Tokens.of(jwt) : Optional.empty());
    }

    /** For the topics of the light show alone. */
    private String stageToken() {
        return publishers()
                .map(t -> t.makeForHub(Tenant.DEFAULT, STAGE, List.of(), TOKEN_EXPIRES))
                .orElse(UNKNOWN);
    }

    private static String token(Optional<Tokens> tokens, Tokens.Claims claims) {
        return tokens.map(t -> t.make(claims, TOKEN_EXPIRES)).orElse(UNKNOWN);
    }

    private static String fragment(String token) {
        return token.equals(UNKNOWN) ? "" : "#token=" + token;
    }
}
