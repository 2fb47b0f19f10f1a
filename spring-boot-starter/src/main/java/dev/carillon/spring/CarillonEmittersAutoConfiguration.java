package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Emitters, in applications with Spring MVC. */
@AutoConfiguration(after = CarillonAutoConfiguration.class)
@ConditionalOnClass(SseEmitter.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(
        name = {"carillon.enabled", "carillon.emitters.enabled"},
        matchIfMissing = true)
@EnableConfigurationProperties(CarillonProperties.class)
@ConditionalOnBean(CarillonClient.class)
class CarillonEmittersAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean
    CarillonEmitters carillonEmitters(CarillonClient client, CarillonProperties properties) {
        return new CarillonEmitters(client, properties.emitters(), SystemRuntime.INSTANCE);
    }
}
