package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.BrowserSession;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.page.PageRequest;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Stored;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A request as middleware sees it. For the thread that answers it. */
final class RequestView implements PageRequest {
    private final Request request;
    private final Target target;
    private final ClientIdentity owner;
    private final RequestServices services;
    private final RequestState state;
    private final Function<String, Response> redirect;

    /**
     * What is requested.
     *
     * @param parameters of the path
     */
    record Target(Kind kind, String path, Map<String, String> parameters) {}

    /** @param redirect makes the answer that leads to a URL */
    RequestView(
            Request request,
            Target target,
            ClientIdentity owner,
            RequestServices services,
            RequestState state,
            Function<String, Response> redirect) {
        this.request = request;
        this.target = target;
        this.owner = owner;
        this.services = services;
        this.state = state;
        this.redirect = redirect;
    }

    @Override
    public Kind kind() {
        return target.kind();
    }

    @Override
    public String path() {
        return target.path();
    }

    @Override
    public Optional<String> path(String name) {
        return Optional.ofNullable(target.parameters().get(name));
    }

    @Override
    public Optional<String> parameter(String name) {
        return target.kind() == Kind.PAGE ? request.parameter(name) : Optional.empty();
    }

    @Override
    public Optional<String> header(String name) {
        return request.header(name);
    }

    @Override
    public Optional<String> cookie(String name) {
        return request.cookie(name);
    }

    @Override
    public Optional<String> user() {
        return Optional.ofNullable(owner.user());
    }

    @Override
    public String siteOrigin() {
        return request.siteOrigin();
    }

    @Override
    public <T> Stored<T> session(SessionValue<T> value) {
        return services.sessions().value(value, owner.tenant(), this::session);
    }

    /** After an action that gave the browser another session, that. */
    private String session() {
        BrowserSession next = state.session();
        return next == null ? owner.session() : next.handle();
    }

    @Override
    public <T> void set(RequestAttribute<T> attribute, T value) {
        state.set(attribute, value);
    }

    @Override
    public <T> Optional<T> attribute(RequestAttribute<T> attribute) {
        return state.attribute(attribute);
    }

    @Override
    public Response redirect(String place) {
        return redirect.apply(services.redirects().url(place));
    }

    static CarillonException unknownPage() {
        return new CarillonException(ErrorCode.NOT_FOUND, "there is no such page");
    }
}
