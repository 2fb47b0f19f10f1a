package dev.carillon.node;

/** Rights of clients at each route. A star after a status: the response contains private events. */
final class RightsMatrix {
    /** The data of private events. */
    static final String PRIVATE = "for-few-eyes-alone";

    enum Caller implements RightsTable.Caller {
        NO_TOKEN("no token"),
        ANONYMOUS("no token, `anonymous`"),
        SESSION("session cookie, `anonymous`"),
        NO_GRANT("token, no grant"),
        BROADCASTS_A("broadcasts topic:a"),
        READS_A("reads topic:a"),
        USER_ANN("user ann"),
        EVERYTHING("everything"),
        EXPIRED("everything, expired"),
        OTHER_KEY("everything, wrong key"),
        OTHER_TENANT("everything, other tenant"),
        HUB_PUBLISHES_A("hub: publishes a"),
        HUB_SUBSCRIBES_A("hub: subscribes to a");

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
            GET / | 404 404 404 404 404 404 404 404 404 404 404 404 404
            HEAD / | 404 404 404 404 404 404 404 404 404 404 404 404 404
            GET /_start/start.css | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /_start/start.js | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /_start/icon.svg | 200 200 200 200 200 200 200 200 200 200 200 200 200
            POST /_start/test?context=none | 204 204 204 204 204 204 204 204 204 204 204 204 204
            GET /carillon.js | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /openapi.yaml | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /_health | 200 200 200 200 200 200 200 200 200 200 200 200 200
            HEAD /_health | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /events?topic=a | 401 200 200 200 200 200 200 200 401 401 200 200 200
            HEAD /events?topic=a | 401 200 200 200 200 200 200 200 401 401 200 200 200
            POST /events/renew {"context":"none"} | 401 401 401 404 404 404 404 404 401 401 404 404 404
            GET /ws?topic=a | 101 101 101 101 101 101 101 101 401 401 101 101 101
            POST /broadcast {"scope":"topic:a","data":"x"} | 401 401 401 403 200 403 403 200 401 401 200 403 403
            POST /broadcast {"scope":"topic:b","data":"x"} | 401 401 401 403 403 403 403 200 401 401 200 403 403
            POST /broadcast {"scope":"user:ann","data":"x"} | 401 401 401 403 403 403 403 200 401 401 200 403 403
            POST /broadcast {"scope":"global","data":"x"} | 401 401 401 403 403 403 403 200 401 401 200 403 403
            POST /broadcast {"scope":"system","data":"x"} | 401 401 401 403 403 403 403 200 401 401 403 403 403
            GET /history?scope=topic:a | 401 200 200 200 200 200* 200 200* 401 401 200 200 200
            GET /history?scope=topic:b | 401 200 200 200 200 200 200 200* 401 401 200 200 200
            GET /history?scope=user:ann | 401 401 401 403 403 403 200* 200* 401 401 200 403 403
            GET /history?scope=system | 401 400 400 400 400 400 400 400 401 401 400 400 400
            GET /position?scope=topic:a | 401 200 200 200 200 200 200 200 401 401 200 200 200
            GET /position?scope=user:ann | 401 401 401 403 403 403 200 200 401 401 200 403 403
            GET /position?scope=system | 401 400 400 400 400 400 400 400 401 401 400 400 400
            GET /presence?scope=topic:a | 401 401 401 403 403 200 403 200 401 401 200 403 403
            GET /presence?scope=topic:b | 401 200 200 200 200 200 200 200 401 401 200 200 200
            GET /presence?scope=user:ann | 401 400 400 400 400 400 400 400 401 401 400 400 400
            GET /.well-known/mercure?topic=a | 401 200 200 200 200 200 200 200 401 401 200 200 200
            HEAD /.well-known/mercure?topic=a | 401 200 200 200 200 200 200 200 401 401 200 200 200
            POST /.well-known/mercure topic=a&data=x | 401 401 401 401 401 401 401 401 401 401 200 200 401
            POST /.well-known/mercure topic=b&data=x | 401 401 401 401 401 401 401 401 401 401 200 401 401
            POST /.well-known/mercure topic=a&data=x&private=on | 401 401 401 401 401 401 401 401 401 401 200 200 401
            GET /.well-known/mercure/subscriptions | 401 401 401 403 403 403 403 403 401 401 200 403 403
            GET /.well-known/mercure/subscriptions/a | 401 401 401 403 403 403 403 403 401 401 200 403 403
            GET /.well-known/mercure/subscriptions/a/b | 401 401 401 403 403 403 403 403 401 401 404 403 403
            GET /.well-known/mercure/ui | 308 308 308 308 308 308 308 308 308 308 308 308 308
            GET /.well-known/mercure/ui/ | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /.well-known/mercure/ui/debug.css | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /.well-known/mercure/ui/debug.js | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /.well-known/mercure/ui/icon.svg | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET /_warm-up | 404 404 404 404 404 404 404 404 404 404 404 404 404
            GET /nothing | 404 404 404 404 404 404 404 404 404 404 404 404 404
            PUT /broadcast x | 405 405 405 405 405 405 405 405 405 405 405 405 405
            DELETE /events?topic=a | 405 405 405 405 405 405 405 405 405 405 405 405 405
            PATCH /.well-known/mercure x | 405 405 405 405 405 405 405 405 405 405 405 405 405
            POST /position x | 405 405 405 405 405 405 405 405 405 405 405 405 405
            POST /history x | 405 405 405 405 405 405 405 405 405 405 405 405 405
            POST /events x | 405 405 405 405 405 405 405 405 405 405 405 405 405
            GET /broadcast | 405 405 405 405 405 405 405 405 405 405 405 405 405
            TRACE / | 405 405 405 405 405 405 405 405 405 405 405 405 405
            GET admin:/health | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET admin:/health/live | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET admin:/health/ready | 200 200 200 200 200 200 200 200 200 200 200 200 200
            GET admin:/_health/cluster | 200 200 200 200 200 200 200 200 200 200 200 200 200
            DELETE admin:/contexts/none | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/admin/drain | 200 200 200 200 200 200 200 200 200 200 200 200 200
            POST admin:/admin/drain x | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/admin/connections | 401 401 401 401 401 401 401 401 401 401 401 401 401
            DELETE admin:/admin/connections?user=nobody | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/admin/why?event=none | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/admin/tail | 401 401 401 401 401 401 401 401 401 401 401 401 401
            POST admin:/admin/revoke {"user":"ann"} | 401 401 401 401 401 401 401 401 401 401 401 401 401
            POST admin:/admin/authorizer/invalidate {"all":true} | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/admin/rebalance | 200 200 200 200 200 200 200 200 200 200 200 200 200
            POST admin:/admin/rebalance x | 401 401 401 401 401 401 401 401 401 401 401 401 401
            DELETE admin:/admin/rebalance | 401 401 401 401 401 401 401 401 401 401 401 401 401
            POST admin:/admin/broadcast {"scope":"global","data":"x"} | 401 401 401 401 401 401 401 401 401 401 401 401 401
            POST admin:/admin/reload x | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/admin/log-level | 200 200 200 200 200 200 200 200 200 200 200 200 200
            POST admin:/admin/log-level?level=info | 401 401 401 401 401 401 401 401 401 401 401 401 401
            GET admin:/metrics | 200 200 200 200 200 200 200 200 200 200 200 200 200
            POST admin:/metrics x | 405 405 405 405 405 405 405 405 405 405 405 405 405
            GET admin:/broadcast | 404 404 404 404 404 404 404 404 404 404 404 404 404
            POST admin:/broadcast {"scope":"global","data":"x"} | 404 404 404 404 404 404 404 404 404 404 404 404 404
            """);

    private RightsMatrix() {}
}
