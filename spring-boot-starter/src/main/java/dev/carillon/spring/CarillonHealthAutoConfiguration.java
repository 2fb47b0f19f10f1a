package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The health of the cluster, in applications with Actuator. */
@AutoConfiguration(after = {CarillonAutoConfiguration.class, CarillonEmittersAutoConfiguration.class})
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnBooleanProperty(name = "carillon.enabled", matchIfMissing = true)
@ConditionalOnBean(CarillonClient.class)
@ConditionalOnEnabledHealthIndicator("carillon")
class CarillonHealthAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean(name = "carillonHealthIndicator")
    HealthIndicator carillonHealthIndicator(CarillonClient client, ObjectProvider<StreamHealth> streams) {
        return new CarillonHealthIndicator(client, streams.getIfAvailable());
    }
}
