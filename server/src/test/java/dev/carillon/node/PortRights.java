package dev.carillon.node;

/** Rights of operators, other nodes and clients at each port. */
final class PortRights {
    enum Caller implements RightsTable.Caller {
        NO_TOKEN("no token"),
        EVERYTHING("client, everything"),
        BROADCASTS_A("broadcasts topic:a"),
        HUB_PUBLISHES_A("hub: publishes a"),
        OPERATOR("operator"),
        OTHER_OPERATOR("operator, wrong token"),
        OPERATORS_PAGE("operator, page of another site"),
        SIGNED("signed call"),
        REPLAYED("signed, sent again"),
        STALE("signed 31 s ago"),
        AHEAD("signed 31 s ahead"),
        OTHER_NODE("signed for another node"),
        OTHER_GENERATION("signed for another generation"),
        OTHER_BODY("signed for another body"),
        OTHER_PATH("signed for another path"),
        OTHER_SECRET("signed with another secret");

        private final String title;

        Caller(String title) {
            this.title = title;
        }

        @Override
        public String title() {
            return title;
        }
    }

    static final RightsTable<Caller> TABLE = RightsTable.parse(Caller.class, """
            GET /events?topic=a | 401 200 200 200 401 401 401 401 401 401 401 401 401 401 401 401
            POST /broadcast {"scope":"topic:a","data":"x"} | 401 200 200 403 401 401 401 401 401 401 401 401 401 401 401 401
            DELETE /contexts/CONTEXT | 404
            GET /_health/cluster | 404
            POST /_cluster/health | 404
            POST /_cluster/control {"version":1,"type":"disconnect","tenant":"default","context":"CONTEXT"} | 404
            GET admin:/health | 200
            GET admin:/_health/cluster | 200
            GET admin:/metrics | 200
            GET admin:/admin/log-level | 200
            POST admin:/admin/log-level?level=info | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/contexts/CONTEXT | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/contexts/CONTEXT?tenant=acme | 401 401 401 401 404 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/contexts/CONTEXT?tenant=_system | 401 401 401 401 400 401 403 401 401 401 401 401 401 401 401 401
            GET admin:/admin/connections | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/admin/connections?user=nobody | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            DELETE admin:/admin/connections | 401 401 401 401 400 401 403 401 401 401 401 401 401 401 401 401
            GET admin:/admin/why?event=none | 401 401 401 401 404 401 403 401 401 401 401 401 401 401 401 401
            GET admin:/admin/tail?tenant=_system | 401 401 401 401 400 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/admin/authorizer/invalidate {"all":true} | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/admin/reload | 401 401 401 401 409 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/admin/broadcast {"scope":"topic:a","data":"x"} | 401 401 401 401 200 401 403 401 401 401 401 401 401 401 401 401
            GET /console | 404
            GET /console/stream | 404
            GET admin:/console | 200
            GET admin:/console/session | 200
            GET admin:/console/stream | 401 401 401 401 401 401 403 401 401 401 401 401 401 401 401 401
            GET admin:/console/hour | 401 401 401 401 401 401 403 401 401 401 401 401 401 401 401 401
            GET admin:/console/admin/connections | 401 401 401 401 401 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/console/admin/drain x | 401 401 401 401 401 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/console/admin/broadcast {"scope":"topic:a","data":"x"} | 401 401 401 401 401 401 403 401 401 401 401 401 401 401 401 401
            POST admin:/console/login {"token":"x"} | 403
            POST admin:/console/logout x | 403
            POST admin:/_cluster/health | 404
            POST admin:/_cluster/control {"version":1,"type":"disconnect","tenant":"default","context":"CONTEXT"} | 404
            POST internal:/_cluster/health | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"disconnect","tenant":"default","context":"CONTEXT"} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"list-connections","limit":1,"filter":{"user":"nobody"}} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"explain"} | 403 403 403 403 403 403 403 400 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"close-connections","filter":{"user":"nobody"}} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"invalidate","target":"ALL","tenant":"default","name":""} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"observe"} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"set-log-level","logger":"dev.carillon","level":"info"} | 403 403 403 403 403 403 403 200 403 403 403 421 421 403 403 403
            POST internal:/_cluster/control {"version":1,"type":"dance"} | 403 403 403 403 403 403 403 400 403 403 403 421 421 403 403 403
            POST internal:/_cluster/stream | 403 403 403 403 403 403 403 400 403 403 403 421 421 403 403 403
            GET internal:/_health | 404
            GET internal:/health | 404
            GET internal:/metrics | 404
            GET internal:/events?topic=a | 404
            POST internal:/broadcast {"scope":"topic:a","data":"x"} | 404
            DELETE internal:/contexts/CONTEXT | 404
            """);

    private PortRights() {}
}
