package com.example.shop;

import dev.carillon.spring.CarillonTokens;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration
@ConditionalOnBean(Tokens.TokenService.class)
class Tokens {
    /** Of the application. */
    interface TokenService {
        String current();
    }

    @Bean
    CarillonTokens carillonTokens(TokenService service) {
        return service::current;
    }
}
