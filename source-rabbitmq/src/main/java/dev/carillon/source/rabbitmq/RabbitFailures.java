package dev.carillon.source.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import dev.carillon.base.Text;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.SourceUnavailableException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What failures of the client library mean: the server is away, or it refuses and an operator must change something. */
final class RabbitFailures {
    private static final int MAX_TEXT = 300;

    private RabbitFailures() {}

    static RuntimeException of(SourceAddress address, Throwable failure) {
        if (failure instanceof SourceUnavailableException || failure instanceof SourceRefusedException) {
            return (RuntimeException) failure;
        }
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof AuthenticationFailureException
                    || each instanceof PossibleAuthenticationFailureException) {
                return new SourceRefusedException(
                        address
                                + " refuses the user, the password or the virtual host: check the address of the source, and"
                                + " rabbitmqctl set_permissions",
                        failure);
            }
            if (each instanceof SSLException) {
                return new SourceRefusedException(
                        address + " cannot be trusted over TLS: " + printable(each.getMessage()), failure);
            }
            if (each instanceof ShutdownSignalException closed) {
                return of(address, closed);
            }
        }
        return new SourceUnavailableException(address + " does not answer: " + printable(failure.toString()), failure);
    }

    private static RuntimeException of(SourceAddress address, ShutdownSignalException closed) {
        int code;
        String text;
        if (closed.getReason() instanceof AMQP.Channel.Close close) {
            code = close.getReplyCode();
            text = close.getReplyText();
        } else if (closed.getReason() instanceof AMQP.Connection.Close close) {
            code = close.getReplyCode();
            text = close.getReplyText();
        } else {
            return new SourceUnavailableException(address + " ended the connection", closed);
        }
        String said = address + " refuses: " + printable(text);
        return switch (code) {
            case AMQP.ACCESS_REFUSED ->
                new SourceRefusedException(
                        said + "; give the user this permission with rabbitmqctl set_permissions, or declare the queue"
                                + " yourself and set existing=true",
                        closed);
            case AMQP.PRECONDITION_FAILED ->
                new SourceRefusedException(
                        said + "; a queue of this name exists with other properties: delete it, choose another name, or"
                                + " set existing=true to read it as it is",
                        closed);
            case AMQP.NOT_FOUND ->
                // A queue on a server of the cluster that is down.
                text.contains("home node")
                        ? new SourceUnavailableException(said, closed)
                        : new SourceRefusedException(said + "; declare it first", closed);
            case AMQP.RESOURCE_LOCKED ->
                new SourceRefusedException(said + "; another program reads the queue exclusively", closed);
            case AMQP.NOT_ALLOWED ->
                new SourceRefusedException(said + "; check the virtual host in the address of the source", closed);
            default -> new SourceUnavailableException(said, closed);
        };
    }

    private static String printable(@Nullable String text) {
        return Text.printable(String.valueOf(text), MAX_TEXT);
    }
}
