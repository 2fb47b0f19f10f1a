package dev.carillon.page.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.extension.Request;
import dev.carillon.extension.Response;
import dev.carillon.page.PageRequest;
import dev.carillon.page.RequestAttribute;
import dev.carillon.page.SessionValue;
import dev.carillon.page.Stored;
import dev.carillon.page.context.ClientIdentity;
import dev.carillon.page.request.RequestServices;
import dev.carillon.page.request.RequestState;
import java.util.Optional;
import java.util.function.Function;

/** A request as middleware sees it. For the thread that answers it. */
final class RequestView implements PageRequest {
    private final Request request;
    private final Kind kind;
    private final String path;
    private final ClientIdentity owner;
    private final RequestServices services;
    private final RequestState state;
    private final Function<String, Response> redirect;

    /** @param redirect makes the answer that leads to a URL */
    RequestView(
            Request request,
            Kind kind,
            String path,
            ClientIdentity owner,
            RequestServices services,
            RequestState state,
            Function<String, Response> redirect) {
        this.request = request;
        this.kind = kind;
        this.path = path;
        this.owner = owner;
        this.services = services;
        this.state = state;
        this.redirect = redirect;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public Optional<String> parameter(String name) {
        return kind == Kind.PAGE ? request.parameter(name) : Optional.empty();
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
        return services.sessions().value(value, owner.tenant(), owner::session);
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
    public Response redirect(String target) {
        return redirect.apply(services.redirects().url(target));
    }

    static CarillonException unknownPage() {
        return new CarillonException(ErrorCode.NOT_FOUND, "there is no such page");
    }
}
