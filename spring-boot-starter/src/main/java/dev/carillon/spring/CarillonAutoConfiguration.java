package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import java.net.URI;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** The client of the cluster. */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = "carillon.enabled", matchIfMissing = true)
@EnableConfigurationProperties(CarillonProperties.class)
class CarillonAutoConfiguration {
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    CarillonClient carillonClient(CarillonProperties properties, ObjectProvider<CarillonTokens> tokens) {
        if (properties.url().isEmpty()) {
            throw new CarillonPropertyException(
                    "carillon.url", "(none)", "must be the address of a cluster, such as http://127.0.0.1:8080");
        }
        CarillonTokens supplier = tokens.getIfAvailable(() -> properties::token);
        return CarillonClient.builder(properties.url().toArray(URI[]::new))
                .token(supplier::token)
                .connectTimeout(properties.connectTimeout())
                .requestTimeout(properties.requestTimeout())
                .broadcastTimeout(properties.broadcastTimeout())
                .silence(properties.silence())
                .build();
    }
}
