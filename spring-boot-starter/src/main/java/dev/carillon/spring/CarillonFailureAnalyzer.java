package dev.carillon.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Says which configuration key to change. Before the analyzers of Spring Boot, which would explain that a value could not be bound. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class CarillonFailureAnalyzer extends AbstractFailureAnalyzer<CarillonPropertyException> {
    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, CarillonPropertyException cause) {
        return new FailureAnalysis(
                "The configuration of Carillon is not valid: " + cause.getMessage() + ".",
                "Change " + cause.name() + ": it " + cause.rule()
                        + ". Without a cluster, as in some tests, set carillon.enabled=false.",
                cause);
    }
}
