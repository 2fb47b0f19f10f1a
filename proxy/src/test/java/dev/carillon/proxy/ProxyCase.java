package dev.carillon.proxy;

/** The cases of {@link ProxyContract}, with their titles in the manual's table. */
enum ProxyCase {
    STICKY("A cookie keeps a browser at its node: `Path=/; HttpOnly; SameSite=Lax`", StickyCases::sticky, Kind.BRIEF),
    SECURE("The cookie is `Secure` if TLS ends before this proxy", StickyCases::secure),
    EMBEDDING("In frames of other sites: `SameSite=None; Secure; Partitioned`", StickyCases::embedding),
    SPREAD("New browsers are spread over the nodes", StickyCases::spread),
    MOVED("A node with too many clients expires the cookie, and the browser goes to any node", StickyCases::moved),
    DRAINING("A draining node keeps its streams and gets no new requests", HealthCases::draining, Kind.BRIEF),
    REFUSED("A node that refuses connections costs no request, and its browsers move", HealthCases::refused),
    HUNG("Requests leave a node that hangs", HealthCases::hung),
    HUNG_STREAM("Streams of a node that hangs end", HealthCases::hungStream),
    ONE_TRY("A POST that was sent is not sent again", HealthCases::postIsSentOnce),
    ONE_TRY_GET("A GET that was sent is not sent again", HealthCases::getIsSentOnce),
    NO_NODE("Without a node: 503 with `Retry-After`", HealthCases::noNode),
    NO_NODE_STREAM("Without a node, a stream: 200, random delay, end", HealthCases::noNodeForStream, Kind.BRIEF),
    UNBUFFERED("Each event arrives before the next is sent", StreamCases::unbuffered, Kind.BRIEF),
    HEAD_FIRST("The head of a stream arrives before its first event", StreamCases::headFirst),
    QUIET("A quiet stream, with a comment per heartbeat, stays open", StreamCases::quiet),
    CUT_OFF("A stream of a node that dies is not completed", StreamCases::cutOff),
    LEAVING("A client that leaves ends its stream at the node", StreamCases::leaving),
    CODED("A compressed stream arrives as it was sent, and none is asked for", StreamCases::coded),
    WEBSOCKET("WebSockets, in both directions", StreamCases::webSocket),
    TLS("TLS: HTTP/2 and HTTP/1.1, unbuffered", StreamCases::tls),
    FORWARDED("Clients cannot forge `X-Forwarded-` headers and `Forwarded`", RequestCases::forwarded),
    TARGET("Path and query reach the node as sent", RequestCases::target),
    BODY_LIMIT("A body over the limit: 413", RequestCases::bodyLimit),
    LONG_HEAD("Heads of 16 KiB", RequestCases::longHead),
    SLOW_HEAD("A client that sends its head slowly is cut off", RequestCases::slowHead, Kind.SLOW),
    LOGS("No token in any log", RequestCases::logs),
    ONLY("`--only`: other paths go to an application", RequestCases::only),
    STATIC("`--static`: files", RequestCases::files);

    /** How a case is run. */
    private enum Kind {
        /** In every run. */
        BRIEF,
        FULL,
        /** With longer waits. */
        SLOW
    }

    interface Check {
        void on(ProxyContract contract) throws Exception;
    }

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Check check;

    private final Kind kind;

    ProxyCase(String title, Check check) {
        this(title, check, Kind.FULL);
    }

    ProxyCase(String title, Check check, Kind kind) {
        this.title = title;
        this.check = check;
        this.kind = kind;
    }

    String title() {
        return title;
    }

    boolean isBrief() {
        return kind == Kind.BRIEF;
    }

    boolean isSlow() {
        return kind == Kind.SLOW;
    }

    void check(ProxyContract contract) throws Exception {
        check.on(contract);
    }
}
